import { timeZoneNamed, UTC } from '../../base/time/zone.js';
import { Failure, type Timestamp, type Value } from '../values.js';
import { type FunctionDefinition, method, type Overload } from './function.js';

const NANOS_PER_MILLI = 1_000_000n;
const MILLIS_PER_SECOND = 1000n;
const DAY_MS = 86_400_000;

/** A part of the date and time that clocks in a zone show. */
type Part = (shown: Date) => number;

/** Floors, where BigInt's division cuts off. */
function floorDivide(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n);
}

function partOf({ nanos }: Timestamp, zoneName: string, part: Part): Value {
  // CEL's offsets may come without a sign.
  const zone = timeZoneNamed(/^\d\d:\d\d$/.test(zoneName) ? `+${zoneName}` : zoneName);
  if (!zone) return new Failure(`no time zone: "${zoneName}"`);
  const millis = Number(floorDivide(nanos, NANOS_PER_MILLI));
  const offsetMs = zone === UTC ? 0 : zone.offsetAt(Math.floor(millis / 1000)) * 1000;
  return BigInt(part(new Date(millis + offsetMs)));
}

function ofTimestamp(part: Part): Overload[] {
  return [
    method(['timestamp'], 'int', (timestamp) => partOf(timestamp, 'UTC', part)),
    method(['timestamp', 'string'], 'int', (timestamp, zone) => partOf(timestamp, zone, part)),
  ];
}

/** A whole number of units in a duration. */
function ofDuration(nanosPerUnit: bigint): Overload {
  return method(['duration'], 'int', ({ nanos }) => nanos / nanosPerUnit);
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - yearStart(date)) / DAY_MS);
}

function yearStart(date: Date): number {
  return new Date(0).setUTCFullYear(date.getUTCFullYear(), 0, 1);
}

function timePart(name: string, summary: string, example: string, part: Part): FunctionDefinition {
  return { name, summary, example, overloads: ofTimestamp(part) };
}

const MOMENT = 'timestamp("2009-02-13T23:31:30.5Z")';

/** CEL's methods of timestamps, which take the name of a time zone or an offset, and of durations. */
export const TIME_FUNCTIONS: readonly FunctionDefinition[] = [
  timePart('getFullYear', 'The year of a timestamp.', `${MOMENT}.getFullYear()`, (date) =>
    date.getUTCFullYear(),
  ),
  timePart('getMonth', 'The month of a timestamp, January being 0.', `${MOMENT}.getMonth()`, (date) =>
    date.getUTCMonth(),
  ),
  timePart('getDate', 'The day of the month, from 1.', `${MOMENT}.getDate("+01:00")`, (date) =>
    date.getUTCDate(),
  ),
  timePart(
    'getDayOfMonth',
    'The day of the month, from 0.',
    `${MOMENT}.getDayOfMonth()`,
    (date) => date.getUTCDate() - 1,
  ),
  timePart('getDayOfWeek', 'The day of the week, Sunday being 0.', `${MOMENT}.getDayOfWeek()`, (date) =>
    date.getUTCDay(),
  ),
  timePart('getDayOfYear', 'The day of the year, from 0.', `${MOMENT}.getDayOfYear()`, dayOfYear),
  {
    name: 'getHours',
    summary: 'The hour of a timestamp, or the full hours of a duration.',
    example: `${MOMENT}.getHours("Europe/Berlin")`,
    overloads: [...ofTimestamp((date) => date.getUTCHours()), ofDuration(3_600_000_000_000n)],
  },
  {
    name: 'getMinutes',
    summary: 'The minute of a timestamp, or the full minutes of a duration.',
    example: 'duration("1h30m").getMinutes()',
    overloads: [...ofTimestamp((date) => date.getUTCMinutes()), ofDuration(60_000_000_000n)],
  },
  {
    name: 'getSeconds',
    summary: 'The second of a timestamp, or the full seconds of a duration.',
    example: 'duration("1m30s").getSeconds()',
    overloads: [...ofTimestamp((date) => date.getUTCSeconds()), ofDuration(1_000_000_000n)],
  },
  {
    name: 'getMilliseconds',
    summary: 'The milliseconds within the second of a timestamp or duration.',
    example: `${MOMENT}.getMilliseconds()`,
    overloads: [
      ...ofTimestamp((date) => date.getUTCMilliseconds()),
      method(['duration'], 'int', ({ nanos }) => (nanos / NANOS_PER_MILLI) % MILLIS_PER_SECOND),
    ],
  },
];
