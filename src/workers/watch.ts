import { Suspect } from '../base/suspicion.js';
import { type FailureCode, TripFailed } from './trip-failed.js';

/** How often the trips under way are looked at: half of the 50 ms within which a trip that takes too long is ended. */
const LOOK_MS = 20;
/** What trips may take beyond the memory that the process had when they began, whatever the limit is. */
const LEAST_ALLOWANCE_BYTES = 128 * 2 ** 20;

/** Fields of a trip's cell, which the thread writes: the thread that makes the trip, and whether it is made. */
export const Cell = { THREAD: 0, MADE: 1 } as const;

export interface WatchLimits {
  /** How long a trip may take, its wait for a thread not counted. */
  readonly timeoutMs: number;
  /** How large the process may grow by what the trips under way take. Threads' buffers have no limit of their own. */
  readonly memoryBytes: number;
}

/** A trip under way. */
export class WatchedTrip {
  readonly cell = new Int32Array(new SharedArrayBuffer(8));
  readonly suspect = new Float64Array(new SharedArrayBuffer(8 * Suspect.LENGTH));
  readonly timeoutMs: number;
  startedMs: number | undefined;
  rssAtStart = 0;
  /** The record that was suspect when it was last looked, and for how long it has been. */
  serial = 0;
  suspectMs = 0;
  /** Why its thread was ended, where this trip was the reason or may have been. */
  failure: TripFailed | undefined;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** A thread is at it at this moment, or ended while it was. */
  get isBeingMade(): boolean {
    return this.thread !== 0 && Atomics.load(this.cell, Cell.MADE) === 0;
  }

  get thread(): number {
    return Atomics.load(this.cell, Cell.THREAD);
  }
}

/** Ends the threads of trips that take too long or too much memory. */
export class TripWatch {
  readonly #limits: WatchLimits;
  readonly #endThread: (id: number) => void;
  readonly #trips = new Set<WatchedTrip>();
  #timer: NodeJS.Timeout | undefined;
  #lookedAtMs = 0;

  constructor(limits: WatchLimits, endThread: (id: number) => void) {
    this.#limits = limits;
    this.#endThread = endThread;
  }

  begin(timeoutMs = this.#limits.timeoutMs): WatchedTrip {
    const trip = new WatchedTrip(timeoutMs);
    this.#trips.add(trip);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    return trip;
  }

  end(trip: WatchedTrip): void {
    this.#trips.delete(trip);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const trips = [...this.#trips].filter((trip) => trip.isBeingMade && !trip.failure);
    if (trips.length === 0) return;
    const nowMs = performance.now();
    // While the whole process stands still, so do the threads: no record is to blame for that.
    const lookedMs = Math.min(nowMs - this.#lookedAtMs, 2 * LOOK_MS);
    this.#lookedAtMs = nowMs;
    const rss = process.memoryUsage.rss();
    for (const trip of trips) {
      if (trip.startedMs === undefined) {
        trip.startedMs = nowMs;
        trip.rssAtStart = rss;
      } else if (nowMs - trip.startedMs > trip.timeoutMs) {
        this.#endTrip(trip, 'timeout', `took longer than ${trip.timeoutMs} ms`, true);
      } else {
        this.#lookAtSuspect(trip, lookedMs);
      }
    }
    this.#lookAtMemory(
      rss,
      trips.filter(({ failure }) => !failure),
    );
  }

  /** A record at which the trip says to be for too long. */
  #lookAtSuspect(trip: WatchedTrip, lookedMs: number): void {
    const serial = trip.suspect[Suspect.SERIAL]!;
    trip.suspectMs = serial === trip.serial ? trip.suspectMs + lookedMs : 0;
    trip.serial = serial;
    const limitMs = trip.suspect[Suspect.LIMIT_MS]!;
    if (serial === 0 || trip.suspectMs < limitMs) return;
    const message = `matching its pattern took longer than ${limitMs} ms`;
    this.#endTrip(trip, 'timeout', message, true, trip.suspect[Suspect.OFFSET]);
  }

  /** Which of several trips took the memory is not known: all of them are ended, and each is tried again alone. */
  #lookAtMemory(rss: number, trips: readonly WatchedTrip[]): void {
    const before = Math.min(...trips.map(({ rssAtStart }) => rssAtStart));
    if (rss <= Math.max(this.#limits.memoryBytes, before + LEAST_ALLOWANCE_BYTES)) return;
    const message = `the process grew to ${toMiB(rss)} MiB, its limit is ${toMiB(this.#limits.memoryBytes)} MiB`;
    for (const trip of trips) this.#endTrip(trip, 'out_of_memory', message, trips.length === 1);
  }

  #endTrip(trip: WatchedTrip, code: FailureCode, message: string, isCertain: boolean, offset?: number): void {
    trip.failure = new TripFailed(code, message, isCertain, offset);
    this.#endThread(trip.thread);
  }
}

function toMiB(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
