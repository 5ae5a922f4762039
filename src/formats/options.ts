import { TimeFormatError } from '../base/time/directives.js';
import { TimeParser } from '../base/time/time-parser.js';
import { type TimeZone, timeZoneNamed, UTC } from '../base/time/zone.js';
import { type Field, FieldError, type FieldType } from '../config/fields.js';
import type { FormatConfig } from './format.js';

/** The option `timezone` of formats whose times may not tell their offset. */
export const TIMEZONE: Field = {
  name: 'timezone',
  summary:
    'Of times that do not tell their offset: UTC, an offset such as "+02:00", a name such as Europe/Paris, or local. ' +
    'A time without a year is in the latest year in which it is at most a day after the record was read.',
  type: { kind: 'string', format: 'timezone', parse: parseTimeZone },
  default: 'UTC',
  example: 'Europe/Paris',
};

function parseTimeZone(name: string): string {
  if (!timeZoneNamed(name)) {
    throw new FieldError(
      `expected UTC, an offset such as +02:00, a name such as Europe/Paris or local, found "${name}"`,
    );
  }
  return name;
}

/** The zone that the option names. */
export function timeZoneOf(config: FormatConfig): TimeZone {
  return timeZoneNamed(config.timezone as string) ?? UTC;
}

/** The value of options that are formats of times, as in strptime. */
export const TIME_FORMAT: FieldType = { kind: 'string', format: 'time format', parse: parseTimeFormat };

function parseTimeFormat(format: string): string {
  try {
    new TimeParser(format);
  } catch (thrown) {
    if (!(thrown instanceof TimeFormatError)) throw thrown;
    throw new FieldError(thrown.message, thrown.offset);
  }
  return format;
}

/** Times in one of several formats. */
export class TimeFormats {
  readonly #parsers: readonly TimeParser[];
  readonly #context: { zone: TimeZone; nowMs: number };

  constructor(formats: readonly string[], zone: TimeZone) {
    this.#parsers = formats.map((format) => new TimeParser(format));
    this.#context = { zone, nowMs: 0 };
  }

  /** Microseconds since 1970 of the text at [start, end) in the first format that it has; NaN when it has none of them. */
  micros(bytes: Uint8Array, start: number, end: number, nowMs: number): number {
    this.#context.nowMs = nowMs;
    for (const parser of this.#parsers) {
      const micros = parser.micros(bytes, start, end, this.#context);
      if (!Number.isNaN(micros)) return micros;
    }
    return Number.NaN;
  }
}
