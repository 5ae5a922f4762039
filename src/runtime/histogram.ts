/** Upper bounds of the buckets, in milliseconds; beyond the last one there is one more. */
export const LATENCY_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

/** Plain data. */
export interface HistogramCounts {
  /** For each bound, and for what is beyond the last; not summed up. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** How long things took, in buckets of fixed bounds. */
export class Histogram {
  readonly #counts = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
  #sumMs = 0;

  add(ms: number): void {
    const bucket = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
    this.#counts[bucket < 0 ? LATENCY_BOUNDS_MS.length : bucket]!++;
    this.#sumMs += ms;
  }

  counts(): HistogramCounts {
    return { counts: [...this.#counts], sumMs: this.#sumMs };
  }
}

/** The time that a share of all did not exceed, as far as the buckets tell: the bound of its bucket; undefined for none. */
export function quantileMs({ counts }: HistogramCounts, share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    below += count;
    if (total > 0 && below >= share * total) return LATENCY_BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY;
  }
  return undefined;
}
