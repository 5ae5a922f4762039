import { textOfNetwork } from '../network.js';
import { formatDuration, formatTimestamp, isTimestamp, parseDuration, parseTimestamp } from '../time.js';
import { typeValueOf } from '../type-names.js';
import { Duration, Failure, Timestamp, Uint, type Value } from '../values.js';
import { type FunctionDefinition, plain } from './function.js';

const NANOS_PER_SECOND = 1_000_000_000n;
const TRUTHS: Readonly<Record<string, boolean>> = {
  1: true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  0: false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

/** An int that fits 64 bits, or a Failure. */
export function toInt(value: bigint): Value {
  return BigInt.asIntN(64, value) === value ? value : new Failure('integer overflow');
}

/** A uint that fits 64 bits, or a Failure. */
export function toUint(value: bigint): Value {
  return BigInt.asUintN(64, value) === value ? new Uint(value) : new Failure('unsigned integer overflow');
}

function intOfText(text: string): Value {
  return /^[+-]?\d+$/.test(text) ? toInt(BigInt(text.replace('+', ''))) : new Failure(`no int: "${text}"`);
}

/** Whether the double is within a 64-bit int. cel-spec leaves out both bounds, which doubles cannot tell from what lies beyond. */
function intOfDouble(value: number): Value {
  const isInRange = value > -(2 ** 63) && value < 2 ** 63;
  return isInRange ? BigInt(Math.trunc(value)) : new Failure(`no int: ${value}`);
}

function uintOfDouble(value: number): Value {
  const isInRange = value > -1 && value < 2 ** 64;
  return isInRange ? toUint(BigInt(Math.trunc(value))) : new Failure(`no uint: ${value}`);
}

function doubleOfText(text: string): Value {
  const isDouble = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)$/.test(text);
  if (isDouble) return Number(text);
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? Number.NaN : new Failure(`no double: "${text}"`);
}

/** A double as CEL writes it: the shortest text that reads back as the same double. */
export function textOfDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

function boolOfText(text: string): Value {
  return Object.hasOwn(TRUTHS, text) ? TRUTHS[text]! : new Failure(`no bool: "${text}"`);
}

function textOfBytes(bytes: Uint8Array): Value {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new Failure('these bytes are no UTF-8');
  }
}

function timestampOfText(text: string): Value {
  const nanos = parseTimestamp(text);
  return nanos === undefined ? new Failure(`no RFC 3339 timestamp: "${text}"`) : new Timestamp(nanos);
}

function timestampOfSeconds(seconds: bigint): Value {
  const nanos = seconds * NANOS_PER_SECOND;
  return isTimestamp(nanos)
    ? new Timestamp(nanos)
    : new Failure('a timestamp is between the years 1 and 9999');
}

function durationOfText(text: string): Value {
  const nanos = parseDuration(text);
  return nanos === undefined ? new Failure(`no duration: "${text}"`) : new Duration(nanos);
}

function secondsOf(timestamp: Timestamp): bigint {
  const { nanos } = timestamp;
  return (nanos - (((nanos % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND)) / NANOS_PER_SECOND;
}

/** Conversions between types. */
export const CONVERSIONS: readonly FunctionDefinition[] = [
  {
    name: 'string',
    summary: 'The value as text; a timestamp as RFC 3339 in UTC.',
    example: 'string(status)',
    overloads: [
      plain(['string'], 'string', (value) => value),
      plain(['int'], 'string', (value) => String(value)),
      plain(['uint'], 'string', (value) => String(value.value)),
      plain(['double'], 'string', textOfDouble),
      plain(['bool'], 'string', (value) => String(value)),
      plain(['bytes'], 'string', textOfBytes),
      plain(['timestamp'], 'string', (value) => formatTimestamp(value.nanos)),
      plain(['duration'], 'string', (value) => formatDuration(value.nanos)),
      plain(['ip'], 'string', textOfNetwork),
      plain(['cidr'], 'string', textOfNetwork),
    ],
  },
  {
    name: 'int',
    summary: 'The value as a whole number: digits read, a double cut off, a timestamp in seconds.',
    example: 'int("42") + int(took * 100.0)',
    overloads: [
      plain(['int'], 'int', (value) => value),
      plain(['uint'], 'int', (value) => toInt(value.value)),
      plain(['double'], 'int', intOfDouble),
      plain(['string'], 'int', intOfText),
      plain(['timestamp'], 'int', secondsOf),
      plain(['duration'], 'int', (value) => value.nanos / NANOS_PER_SECOND),
    ],
  },
  {
    name: 'uint',
    summary: 'The value as a whole number without sign.',
    example: 'uint(size) + 1u',
    overloads: [
      plain(['uint'], 'uint', (value) => value),
      plain(['int'], 'uint', toUint),
      plain(['double'], 'uint', uintOfDouble),
      plain(['string'], 'uint', (text) =>
        /^\d+$/.test(text) ? toUint(BigInt(text)) : new Failure(`no uint: "${text}"`),
      ),
    ],
  },
  {
    name: 'double',
    summary: 'The value as a double.',
    example: 'double(size) / 1024.0',
    overloads: [
      plain(['double'], 'double', (value) => value),
      plain(['int'], 'double', (value) => Number(value)),
      plain(['uint'], 'double', (value) => Number(value.value)),
      plain(['string'], 'double', doubleOfText),
    ],
  },
  {
    name: 'bool',
    summary: 'The text "true" or "false" (or "1", "0", "t", "f") as a bool.',
    example: 'bool("true")',
    overloads: [plain(['bool'], 'bool', (value) => value), plain(['string'], 'bool', boolOfText)],
  },
  {
    name: 'bytes',
    summary: 'The UTF-8 bytes of a text.',
    example: 'size(bytes(message))',
    overloads: [
      plain(['bytes'], 'bytes', (value) => value),
      plain(['string'], 'bytes', (text) => new TextEncoder().encode(text)),
    ],
  },
  {
    name: 'timestamp',
    summary: 'The moment that an RFC 3339 text, or a number of seconds since 1970, names.',
    example: 'timestamp(time) >= timestamp("2024-05-01T00:00:00Z")',
    overloads: [
      plain(['timestamp'], 'timestamp', (value) => value),
      plain(['string'], 'timestamp', timestampOfText),
      plain(['int'], 'timestamp', timestampOfSeconds),
    ],
  },
  {
    name: 'duration',
    summary: 'The span of time that a text such as "1h30m" names.',
    example: 'now() - timestamp(time) > duration("5m")',
    overloads: [
      plain(['duration'], 'duration', (value) => value),
      plain(['string'], 'duration', durationOfText),
    ],
  },
  {
    name: 'dyn',
    summary: 'The value itself; it is not checked before there is data.',
    example: 'dyn(1) == "1"',
    overloads: [plain(['any'], 'any', (value) => value)],
  },
  {
    name: 'type',
    summary: 'The type of the value.',
    example: 'type(user) == type({})',
    overloads: [plain(['any'], 'type', typeValueOf)],
  },
];
