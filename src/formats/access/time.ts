const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** `10/Oct/2000:13:55:36 -0700` */
export const TIME_LENGTH = 26;
const SHAPE = /^(\d\d)\/([A-Za-z]{3})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/;

/** Microseconds since 1970 (UTC) of a time in the common log format, or what is wrong with it. */
export function parseAccessTime(text: string): number | string {
  const parts = SHAPE.exec(text);
  if (!parts) return `expected a time such as 10/Oct/2000:13:55:36 -0700, found "${text}"`;
  const [day, , year, hour, minute, second, , zoneHour, zoneMinute] = parts.slice(1).map(Number) as number[];
  const month = MONTHS.indexOf(parts[2]!.toLowerCase());
  if (month < 0) return `expected a month from Jan to Dec, found "${parts[2]}"`;
  const days = new Date(Date.UTC(2000 + (year! % 400), month + 1, 0)).getUTCDate();
  if (day! < 1 || day! > days)
    return `expected a day from 1 to ${days} in ${parts[2]} ${parts[3]}, found ${parts[1]}`;
  if (hour! > 23) return `expected an hour from 0 to 23, found ${hour}`;
  if (minute! > 59) return `expected a minute from 0 to 59, found ${minute}`;
  if (second! > 60) return `expected a second from 0 to 60, found ${second}`;
  if (zoneHour! > 23 || zoneMinute! > 59) {
    return `expected a time zone from -2359 to +2359, found ${text.slice(-5)}`;
  }
  const date = new Date(0);
  date.setUTCFullYear(year!, month, day!);
  const zone = (zoneHour! * 60 + zoneMinute!) * 60 * (parts[7] === '-' ? -1 : 1);
  return (date.getTime() / 1000 + hour! * 3600 + minute! * 60 + second! - zone) * 1e6;
}
