import { TIME_CONVERSIONS } from '../strftime.js';
import { TimeFormatError } from './directives.js';
import type { TimeZone } from './zone.js';

const NANOS_PER_SECOND = 1_000_000_000n;
const CONVERSION = /%(:?z|\.?[1-9]?[fLN]|[\s\S]?)/g;
/** Conversions that stand for several, as in `timePieces`. */
const COMPOSITES: Readonly<Record<string, string>> = {
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  r: '%I:%M:%S %p',
  c: '%a %b %e %H:%M:%S %Y',
  v: '%e-%b-%Y',
  h: '%b',
  '+': '%Y-%m-%dT%H:%M:%S%.f%:z',
};

/** A moment, and what clocks in a zone show then. */
interface Moment {
  readonly seconds: number;
  readonly nanosecond: number;
  readonly offsetSeconds: number;
  /** Its parts in UTC are what the clocks show. */
  readonly shown: Date;
}

type Piece = string | ((moment: Moment) => string);

/**
 * Writes times in a format of strftime(3), English and in a time zone: the letters of `TIME_CONVERSIONS`, those that stand for
 * several (`%T %R %D %F %c %+`), `%f` (digits of the second, `%3f` exactly three, nine without a number; `%L` three), `%.f` with
 * the point before them and none when there are none, `%z` (`+0200`), `%:z` (`+02:00`) and `%Q` (milliseconds since 1970). Throws
 * TimeFormatError for a format that is wrong.
 */
export class TimeWriter {
  readonly #pieces: readonly Piece[];

  constructor(format: string) {
    this.#pieces = piecesOf(format);
  }

  /** @param nanos since 1970 UTC */
  write(nanos: bigint, zone: TimeZone): string {
    const nanosecond = Number(((nanos % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND);
    const seconds = Number((nanos - BigInt(nanosecond)) / NANOS_PER_SECOND);
    const offsetSeconds = zone.offsetAt(seconds);
    const shown = new Date((seconds + offsetSeconds) * 1000);
    const moment = { seconds, nanosecond, offsetSeconds, shown };
    return this.#pieces.map((piece) => (typeof piece === 'string' ? piece : piece(moment))).join('');
  }
}

function piecesOf(format: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of format.matchAll(CONVERSION)) {
    if (match.index > end) pieces.push(format.slice(end, match.index));
    pieces.push(...conversion(match[1]!, match[0], match.index));
    end = match.index + match[0].length;
  }
  if (end < format.length) pieces.push(format.slice(end));
  return pieces;
}

function conversion(name: string, whole: string, at: number): Piece[] {
  if (name === '%') return ['%'];
  const composite = Object.hasOwn(COMPOSITES, name) ? COMPOSITES[name] : undefined;
  if (composite !== undefined) return piecesOf(composite);
  if (/[fLN]$/.test(name)) return [fraction(name)];
  if (name === 'z') return [({ offsetSeconds }) => offsetText(offsetSeconds, '')];
  if (name === ':z') return [({ offsetSeconds }) => offsetText(offsetSeconds, ':')];
  if (name === 's') return [({ seconds }) => String(seconds)];
  if (name === 'Q')
    return [({ seconds, nanosecond }) => String(seconds * 1000 + Math.floor(nanosecond / 1e6))];
  const known = TIME_CONVERSIONS.get(name);
  if (known) return [({ shown }) => known.write(shown)];
  throw new TimeFormatError(
    name === ''
      ? 'a time format ends with "%": write "%%" for a percent sign'
      : `there is no conversion "${whole}" for times (see strftime; "%%" is a percent sign)`,
    at,
  );
}

/** `f`, `3f`, `.f`, `.3f`, `L`. */
function fraction(name: string): Piece {
  const given = /\d/.exec(name)?.[0];
  const point = name.startsWith('.');
  const count = given === undefined ? (name.endsWith('L') ? 3 : 9) : Number(given);
  return ({ nanosecond }) => {
    const digits = String(nanosecond).padStart(9, '0').slice(0, count);
    if (!point) return digits;
    const shown = given === undefined ? digits.replace(/(?:000)+$/, '') : digits;
    return shown === '' ? '' : `.${shown}`;
  };
}

function offsetText(offsetSeconds: number, colon: string): string {
  const minutes = Math.round(Math.abs(offsetSeconds) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offsetSeconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`;
}
