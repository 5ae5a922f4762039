import { daysFromCivil, isDate, monthAndDayOf } from './civil.js';
import type { TimeZone } from './zone.js';

const DAY_S = 86_400;
/** Of a time without a year, the latest counts that is no more than this ahead of the clock. */
const MAX_AHEAD_S = DAY_S;
/** February 29 may be as many years ago (1896 to 1904). */
const MAX_YEARS_BACK = 8;

/** What a part holds that the text does not tell. */
export const ABSENT = -1;
/** An offset that the text does not tell. */
const NO_OFFSET = -1_000_000;

/** What the reader of a time knows beside its text. */
export interface TimeContext {
  /** Where the clocks hang that times without an offset were read from. */
  readonly zone: TimeZone;
  /** The moment that times without a year are near, in milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * A time as a text tells it, part by part; one instance is filled again and again. `seconds` joins the parts and fills in
 * what is missing.
 */
export class WrittenTime {
  year = ABSENT;
  /** From 1. */
  month = ABSENT;
  day = ABSENT;
  dayOfYear = ABSENT;
  /** 0 to 23, or 1 to 12 when `half` is known. */
  hour = ABSENT;
  /** 0 before noon, 1 after it. */
  half = ABSENT;
  minute = ABSENT;
  second = ABSENT;
  nanosecond = 0;
  /** Seconds east of UTC. */
  offsetSeconds = NO_OFFSET;
  /** Seconds since 1970 where the text tells these; the parts above then do not count. */
  epochSeconds = Number.NaN;

  clear(): void {
    this.year = ABSENT;
    this.month = ABSENT;
    this.day = ABSENT;
    this.dayOfYear = ABSENT;
    this.hour = ABSENT;
    this.half = ABSENT;
    this.minute = ABSENT;
    this.second = ABSENT;
    this.nanosecond = 0;
    this.offsetSeconds = NO_OFFSET;
    this.epochSeconds = Number.NaN;
  }

  /**
   * Whole seconds since 1970 (UTC), the nanoseconds left out; NaN when there is no such time. A time without a year is in
   * the latest year in which it is at most a day ahead of `nowMs`: in January, December was last year. A second of 60 is
   * the first of the next minute.
   */
  seconds(context: TimeContext): number {
    if (!Number.isNaN(this.epochSeconds)) return this.epochSeconds;
    const secondOfDay = this.#secondOfDay();
    if (secondOfDay < 0) return Number.NaN;
    if (this.year !== ABSENT) return this.#secondsIn(this.year, secondOfDay, context.zone);
    const latest = context.nowMs / 1000 + MAX_AHEAD_S;
    const year = new Date(context.nowMs).getUTCFullYear();
    for (let back = -1; back <= MAX_YEARS_BACK; back++) {
      const seconds = this.#secondsIn(year - back, secondOfDay, context.zone);
      if (seconds <= latest) return seconds;
    }
    return Number.NaN;
  }

  /** Microseconds since 1970 (UTC), fractions of one cut off; NaN when there is no such time. */
  micros(context: TimeContext): number {
    return this.seconds(context) * 1e6 + Math.floor(this.nanosecond / 1000);
  }

  #secondOfDay(): number {
    let hour = Math.max(this.hour, 0);
    const minute = Math.max(this.minute, 0);
    const second = Math.max(this.second, 0);
    if (this.half !== ABSENT) {
      if (hour < 1 || hour > 12) return ABSENT;
      hour = (hour % 12) + this.half * 12;
    }
    return hour > 23 || minute > 59 || second > 60 ? ABSENT : hour * 3600 + minute * 60 + second;
  }

  #secondsIn(year: number, secondOfDay: number, zone: TimeZone): number {
    let { month, day } = this;
    if (this.dayOfYear !== ABSENT) {
      const both = monthAndDayOf(year, this.dayOfYear);
      month = both >> 5;
      day = both & 31;
    }
    if (!isDate(year, month, day)) return Number.NaN;
    const local = daysFromCivil(year, month, day) * DAY_S + secondOfDay;
    return local - (this.offsetSeconds === NO_OFFSET ? zone.offsetAtLocal(local) : this.offsetSeconds);
  }
}
