const NANOS_PER_SECOND = 1_000_000_000n;
const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const DURATION_PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy;
const UNIT_NANOS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: NANOS_PER_SECOND,
  m: 60n * NANOS_PER_SECOND,
  h: 3600n * NANOS_PER_SECOND,
};

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z, the bounds that CEL sets. */
const MIN_TIMESTAMP_NANOS = -62_135_596_800n * NANOS_PER_SECOND;
const MAX_TIMESTAMP_NANOS = 253_402_300_800n * NANOS_PER_SECOND - 1n;
/** The longest duration that CEL has, in either direction: that of an int of nanoseconds. */
const MAX_DURATION_NANOS = 9_223_372_036_854_775_807n;

export function isTimestamp(nanos: bigint): boolean {
  return nanos >= MIN_TIMESTAMP_NANOS && nanos <= MAX_TIMESTAMP_NANOS;
}

export function isDuration(nanos: bigint): boolean {
  return nanos >= -MAX_DURATION_NANOS && nanos <= MAX_DURATION_NANOS;
}

/** Nanoseconds since 1970 of an RFC 3339 timestamp, or undefined when it is none. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = TIMESTAMP.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHours, offsetMinutes] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const isReal =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60;
  if (!isReal) return undefined;
  const offsetSeconds = (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * 60;
  const seconds = date.getTime() / 1000 - (sign === '-' ? -offsetSeconds : offsetSeconds);
  const nanos = BigInt(seconds) * NANOS_PER_SECOND + BigInt((fraction ?? '').padEnd(9, '0'));
  return isTimestamp(nanos) ? nanos : undefined;
}

/** RFC 3339 in UTC, with as many digits of the second as it needs, in threes. */
export function formatTimestamp(nanos: bigint): string {
  const fraction = ((nanos % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
  const seconds = Number((nanos - fraction) / NANOS_PER_SECOND);
  const date = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (fraction === 0n) return `${date}Z`;
  const digits = String(fraction)
    .padStart(9, '0')
    .replace(/(000){1,2}$/, '');
  return `${date}.${digits}Z`;
}

/** Nanoseconds of a duration such as `1h30m`, `-1.5s`, `250ms`, or undefined when it is none. */
export function parseDuration(text: string): bigint | undefined {
  const isNegative = text.startsWith('-');
  const body = isNegative || text.startsWith('+') ? text.slice(1) : text;
  if (body === '0') return 0n;
  let nanos = 0n;
  let at = 0;
  while (at < body.length) {
    DURATION_PART.lastIndex = at;
    const match = DURATION_PART.exec(body);
    if (!match) return undefined;
    at = DURATION_PART.lastIndex;
    const [whole = '', fraction = ''] = match[1]!.split('.');
    const unit = UNIT_NANOS[match[2]!]!;
    nanos += BigInt(whole) * unit + (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
  }
  if (at === 0 || !isDuration(nanos)) return undefined;
  return isNegative ? -nanos : nanos;
}

/** A duration in seconds, as CEL writes it: `5400s`, `0.25s`. */
export function formatDuration(nanos: bigint): string {
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = String(size % NANOS_PER_SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${size / NANOS_PER_SECOND}${fraction === '' ? '' : `.${fraction}`}s`;
}
