import { TimeFormatError } from '../../base/time/directives.js';
import { TimeParser } from '../../base/time/time-parser.js';
import { TimeWriter } from '../../base/time/time-writer.js';
import { type TimeZone, timeZoneNamed, UTC } from '../../base/time/zone.js';
import { Cache } from '../cache.js';
import type { RecordScope } from '../row-function.js';
import { isTimestamp } from '../time.js';
import { Failure, Timestamp, type Value } from '../values.js';
import { checkText, type FunctionDefinition, plain, withScope } from './function.js';

const NANOS_PER_SECOND = 1_000_000_000n;
const NANOS_PER_MILLI = 1_000_000n;
const encoder = new TextEncoder();

const parsers = new Cache<TimeParser | Failure>();
const writers = new Cache<TimeWriter | Failure>();
const zones = new Cache<TimeZone | Failure>();

function made<T>(make: () => T): T | Failure {
  try {
    return make();
  } catch (error) {
    if (error instanceof TimeFormatError) return new Failure(error.message);
    throw error;
  }
}

function parserOf(format: string): TimeParser | Failure {
  return parsers.get(format, () => made(() => new TimeParser(format)));
}

function writerOf(format: string): TimeWriter | Failure {
  return writers.get(format, () => made(() => new TimeWriter(format)));
}

function zoneOf(name: string): TimeZone | Failure {
  return zones.get(name, () => timeZoneNamed(name) ?? new Failure(`no time zone: "${name}"`));
}

function parseTimestamp(text: string, format: string, zone: TimeZone | Failure, scope: RecordScope): Value {
  const parser = parserOf(format);
  if (parser instanceof Failure) return parser;
  if (zone instanceof Failure) return zone;
  const bytes = encoder.encode(text);
  const now = scope.meta('timestamp');
  const nowMs = now instanceof Timestamp ? Number(now.nanos / NANOS_PER_MILLI) : Number.NaN;
  const isWhole = parser.read(bytes, 0, bytes.length) === bytes.length;
  const seconds = isWhole ? parser.written.seconds({ zone, nowMs }) : Number.NaN;
  const nanos = Number.isNaN(seconds)
    ? undefined
    : BigInt(seconds) * NANOS_PER_SECOND + BigInt(parser.written.nanosecond);
  return nanos !== undefined && isTimestamp(nanos)
    ? new Timestamp(nanos)
    : new Failure(`no time in the format "${format}": "${text}"`);
}

function formatTimestamp({ nanos }: Timestamp, format: string, zone: TimeZone | Failure): Value {
  const writer = writerOf(format);
  if (writer instanceof Failure) return writer;
  return zone instanceof Failure ? zone : writer.write(nanos, zone);
}

const UNIT_NANOS = new Map<string, number>([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['cs', 1e7],
  ['ds', 1e8],
  ['s', 1e9],
  ['m', 6e10],
  ['h', 3.6e12],
  ['d', 8.64e13],
  ['w', 6.048e14],
]);
const DURATION_PART = /\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|cs|ds|s|m|h|d|w)/y;

/** Sums up the parts of a duration, whole ones exactly. */
function parseDuration(text: string, unit: string): Value {
  const unitNanos = UNIT_NANOS.get(unit);
  if (unitNanos === undefined) {
    return new Failure(`no unit of time: "${unit}"; there are ns, us, ms, cs, ds, s, m, h, d and w`);
  }
  const isNegative = text.startsWith('-');
  let nanos = 0;
  let at = isNegative ? 1 : 0;
  do {
    DURATION_PART.lastIndex = at;
    const match = DURATION_PART.exec(text);
    if (!match) return new Failure(`no duration: "${text}"`);
    nanos += Number(match[1]) * UNIT_NANOS.get(match[2]!)!;
    at = DURATION_PART.lastIndex;
  } while (at < text.length);
  if (nanos > Number.MAX_SAFE_INTEGER * 1e3) return new Failure(`this duration is too long: "${text}"`);
  return (isNegative ? -nanos : nanos) / unitNanos;
}

/** Functions on times as logs have them: Millrace's own. */
export const LOG_TIME_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'parse_timestamp',
    summary:
      'The moment that a text names in a format of strptime; without an offset in it UTC counts, or a time zone. A time without a year is in the year that brings it nearest before the time at which the record was read.',
    example: 'parse_timestamp("01/May/2024:12:30:00 +0200", "%d/%b/%Y:%H:%M:%S %z")',
    overloads: [
      withScope(['string', 'string'], 'timestamp', (scope, text, format) =>
        parseTimestamp(text, format, UTC, scope),
      ),
      withScope(['string', 'string', 'string'], 'timestamp', (scope, text, format, zone) =>
        parseTimestamp(text, format, zoneOf(zone), scope),
      ),
      plain(['timestamp', 'string'], 'timestamp', (timestamp) => timestamp),
    ],
    checks: [checkText(1, parserOf), checkText(2, zoneOf)],
  },
  {
    name: 'format_timestamp',
    summary: 'A timestamp as text in a format of strftime, in UTC or in a time zone.',
    example: 'format_timestamp(timestamp("2024-05-01T12:30:00Z"), "%d.%m.%Y %H:%M %z", "Europe/Berlin")',
    overloads: [
      plain(['timestamp', 'string'], 'string', (timestamp, format) =>
        formatTimestamp(timestamp, format, UTC),
      ),
      plain(['timestamp', 'string', 'string'], 'string', (timestamp, format, zone) =>
        formatTimestamp(timestamp, format, zoneOf(zone)),
      ),
    ],
    checks: [checkText(1, writerOf), checkText(2, zoneOf)],
  },
  {
    name: 'parse_duration',
    summary:
      'A duration such as "1d 2h", "12.5ms" or "1s1m" as a number of units (ns, us, ms, cs, ds, s, m, h, d, w), as a double. `duration(text)` gives a duration instead, and knows no days and weeks.',
    example: 'parse_duration("1h 30m", "m")',
    overloads: [plain(['string', 'string'], 'double', parseDuration)],
    checks: [checkText(1, (unit) => parseDuration('0s', unit))],
  },
];
