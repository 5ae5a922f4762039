const OFFSET = /^([+-])(\d\d):?(\d\d)$/;
const DAY_S = 86_400;
/** Offsets change at full quarters of an hour. */
const QUARTER_S = 900;

/** A time zone: how far its wall clocks are ahead of UTC. */
export interface TimeZone {
  readonly name: string;
  /** Seconds east of UTC when the zone's clocks show `localSeconds` (seconds since 1970 as if they showed UTC). */
  offsetAtLocal(localSeconds: number): number;
  /** Seconds east of UTC at a moment, in seconds since 1970. */
  offsetAt(seconds: number): number;
}

/** A zone with the same offset at all times. */
export function fixedZone(name: string, offsetSeconds: number): TimeZone {
  return { name, offsetAtLocal: () => offsetSeconds, offsetAt: () => offsetSeconds };
}

export const UTC: TimeZone = fixedZone('UTC', 0);

/**
 * The zone with this name: `UTC`, an offset such as `+02:00`, a name of the IANA database such as `Europe/Paris`, or
 * `local`, that of this machine. Undefined when there is none.
 */
export function timeZoneNamed(name: string): TimeZone | undefined {
  if (/^(?:UTC|GMT|Z)$/i.test(name)) return UTC;
  const offset = OFFSET.exec(name);
  if (offset) {
    const [, sign, hours, minutes] = offset;
    if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
    return fixedZone(name, (Number(hours) * 60 + Number(minutes)) * 60 * (sign === '-' ? -1 : 1));
  }
  try {
    return new IanaZone(name);
  } catch {
    return undefined;
  }
}

/**
 * A zone of the IANA database, as the engine knows it. What it says of an hour is kept, because asking takes microseconds
 * and the records of a log mostly lie in the same hour.
 */
class IanaZone implements TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US', {
      ...(name !== 'local' && { timeZone: name }),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** A time that the clocks leave out counts with the offset from before, one that they show twice is the earlier. */
  offsetAtLocal(localSeconds: number): number {
    const before = this.offsetAt(localSeconds - DAY_S);
    if (this.offsetAt(localSeconds - before) === before) return before;
    const after = this.offsetAt(localSeconds + DAY_S);
    return this.offsetAt(localSeconds - after) === after ? after : before;
  }

  offsetAt(seconds: number): number {
    const quarter = Math.floor(seconds / QUARTER_S);
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      offset = this.#ask(quarter * QUARTER_S);
      if (this.#offsets.size >= 10_000) this.#offsets.clear();
      this.#offsets.set(quarter, offset);
    }
    return offset;
  }

  #ask(seconds: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(seconds * 1000)) parts[type] = Number(value);
    const date = new Date(0);
    date.setUTCFullYear(parts.year!, parts.month! - 1, parts.day!);
    date.setUTCHours(parts.hour!, parts.minute!, parts.second!);
    return date.getTime() / 1000 - seconds;
  }
}
