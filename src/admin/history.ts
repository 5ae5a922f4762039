import { type HistogramCounts, LATENCY_BOUNDS_MS, quantileMs } from '../runtime/index.js';
import type { ObservedPipeline } from './recent.js';

/** What a pipeline did at one moment of the last minutes. */
export interface HistorySample {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** By stage. */
  readonly stages: Readonly<Record<string, StageSample>>;
  /** By queue: the share of its memory that is in use. */
  readonly queues: Readonly<Record<string, number>>;
}

export interface StageSample {
  /** A second. */
  readonly recordsIn: number;
  readonly recordsOut: number;
  /** Of the batches since the sample before, at most; missing where there were none. The last bound stands for what is longer, too. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

const EVERY_MS = 2000;
const MOST_SAMPLES = 150;
const LONGEST_MS = LATENCY_BOUNDS_MS.at(-1)!;

/** Keeps the last five minutes of what runs, whoever looks, through reloads. */
export class History {
  readonly #look: () => ObservedPipeline | undefined;
  readonly #samples: HistorySample[] = [];
  readonly #timer: NodeJS.Timeout;
  #latencies = new Map<string, HistogramCounts>();

  constructor(look: () => ObservedPipeline | undefined) {
    this.#look = look;
    this.#timer = setInterval(() => this.#sample(), EVERY_MS);
    this.#timer.unref();
  }

  /** The oldest first; those after a time alone, where one is given. */
  after(timeMs: number): HistorySample[] {
    return this.#samples.filter((sample) => sample.timeMs > timeMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const now = this.#look();
    if (!now) return;
    const stages = now.stages.map(({ id, latency }) => {
      const { recordsIn, recordsOut } = now.rates[id]!;
      return [id, { recordsIn, recordsOut, ...(latency && this.#quantiles(id, latency)) }] as const;
    });
    const queues: Record<string, number> = {};
    // Of those of a durable queue in several segments, the fullest.
    for (const { id, usedBytes, limitBytes } of now.queues)
      queues[id] = Math.max(queues[id] ?? 0, usedBytes / limitBytes);
    this.#samples.push({
      timeMs: Date.now(),
      stages: Object.fromEntries(stages),
      queues,
    });
    if (this.#samples.length > MOST_SAMPLES) this.#samples.shift();
  }

  #quantiles(id: string, now: HistogramCounts): Pick<StageSample, 'p50Ms' | 'p99Ms'> {
    const before = this.#latencies.get(id);
    this.#latencies.set(id, now);
    const more = now.counts.map((count, bucket) => count - (before?.counts[bucket] ?? 0));
    // Another run counts from nothing.
    const counts = more.some((count) => count < 0) ? now.counts : more;
    const latency = { counts, sumMs: now.sumMs };
    const [p50Ms, p99Ms] = [quantileMs(latency, 0.5), quantileMs(latency, 0.99)];
    if (p50Ms === undefined || p99Ms === undefined) return {};
    return { p50Ms: Math.min(p50Ms, LONGEST_MS), p99Ms: Math.min(p99Ms, LONGEST_MS) };
  }
}
