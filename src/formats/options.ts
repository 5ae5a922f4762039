import { type TimeZone, timeZoneNamed, UTC } from '../base/time/zone.js';
import { type Field, FieldError } from '../config/fields.js';
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
