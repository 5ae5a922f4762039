/** One conversion of strftime(3), such as `%d`: what it writes, and for how long that stays the same. */
export interface TimeConversion {
  readonly write: (date: Date) => string;
  readonly unitSeconds: number;
}

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const digits = (value: number, width = 2): string => String(value).padStart(width, '0');
const year = (date: Date): string => digits(date.getUTCFullYear(), 4);
const month = (date: Date): string => digits(date.getUTCMonth() + 1);
const day = (date: Date): string => digits(date.getUTCDate());
const hour12 = (date: Date): number => date.getUTCHours() % 12 || 12;
/** The formatter is made when it is first needed: that takes longer than all else which a thread does when it starts. */
const name = (options: Intl.DateTimeFormatOptions): ((date: Date) => string) => {
  let format: Intl.DateTimeFormat | undefined;
  return (date) => {
    format ??= new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' });
    return format.format(date);
  };
};
/** Monday is 1, Sunday is 7. */
const weekday = (date: Date): number => date.getUTCDay() || 7;

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / (DAY * 1000)) + 1;
}

/** The Thursday of the date's week: its year is that of the week in ISO 8601. */
function thursdayOf(date: Date): Date {
  return new Date(date.getTime() + (4 - weekday(date)) * DAY * 1000);
}

/** The conversions of strftime(3) that make sense for a time in UTC and in the C locale, by their letter. */
export const TIME_CONVERSIONS: ReadonlyMap<string, TimeConversion> = new Map([
  ['Y', { write: year, unitSeconds: DAY }],
  ['y', { write: (date) => digits(date.getUTCFullYear() % 100), unitSeconds: DAY }],
  ['m', { write: month, unitSeconds: DAY }],
  ['d', { write: day, unitSeconds: DAY }],
  ['e', { write: (date) => String(date.getUTCDate()).padStart(2), unitSeconds: DAY }],
  ['F', { write: (date) => `${year(date)}-${month(date)}-${day(date)}`, unitSeconds: DAY }],
  ['j', { write: (date) => digits(dayOfYear(date), 3), unitSeconds: DAY }],
  ['G', { write: (date) => year(thursdayOf(date)), unitSeconds: DAY }],
  ['V', { write: (date) => digits(Math.ceil(dayOfYear(thursdayOf(date)) / 7)), unitSeconds: DAY }],
  ['u', { write: (date) => String(weekday(date)), unitSeconds: DAY }],
  ['a', { write: name({ weekday: 'short' }), unitSeconds: DAY }],
  ['A', { write: name({ weekday: 'long' }), unitSeconds: DAY }],
  ['b', { write: name({ month: 'short' }), unitSeconds: DAY }],
  ['B', { write: name({ month: 'long' }), unitSeconds: DAY }],
  ['H', { write: (date) => digits(date.getUTCHours()), unitSeconds: HOUR }],
  ['I', { write: (date) => digits(hour12(date)), unitSeconds: HOUR }],
  ['p', { write: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'), unitSeconds: HOUR }],
  ['M', { write: (date) => digits(date.getUTCMinutes()), unitSeconds: MINUTE }],
  ['S', { write: (date) => digits(date.getUTCSeconds()), unitSeconds: SECOND }],
  ['s', { write: (date) => String(Math.floor(date.getTime() / 1000)), unitSeconds: SECOND }],
]);
