import type { Plan } from '../plan/index.js';
import type { Run } from '../runtime/index.js';

/** How far a run is. Rates are of the last seconds. */
export interface Snapshot {
  readonly elapsedMs: number;
  /** Bytes and records that the sources have read so far (uncompressed). */
  readonly bytesRead: number;
  readonly recordsRead: number;
  readonly bytesPerSecond: number;
  readonly recordsPerSecond: number;
  /** From 0 to 1, of the input as it lies there; undefined where its size is not known. */
  readonly share: number | undefined;
  readonly remainingMs: number | undefined;
  readonly stages: readonly { readonly stage: string; readonly recordsOut: number }[];
  readonly deadLetters: number;
  readonly draining: boolean;
  readonly waitsFor: string;
}

/** Rates are taken over this long. */
const WINDOW_MS = 5000;
/** A queue with less room than a batch counts as full. */
const FULL = 0.85;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
  readonly records: number;
  /** Of the input as it lies there. */
  readonly position: number;
}

type Observed = Pick<Run, 'metrics' | 'progress' | 'queueFill' | 'isDraining'>;

/** Looks at a run from time to time. Times are of one monotonic clock, in milliseconds. */
export class Sampler {
  readonly #run: Observed;
  readonly #plan: Plan;
  readonly #startedMs: number;
  readonly #samples: Sample[];

  constructor(run: Observed, plan: Plan, startedMs: number) {
    this.#run = run;
    this.#plan = plan;
    this.#startedMs = startedMs;
    this.#samples = [{ atMs: startedMs, bytes: 0, records: 0, position: 0 }];
  }

  sample(nowMs: number): Snapshot {
    const { read, total } = this.#run.progress();
    const latest = { atMs: nowMs, ...readBy(this.#run, this.#plan), position: read };
    this.#samples.push(latest);
    while (this.#samples.length > 2 && nowMs - this.#samples[1]!.atMs >= WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0]!;
    const seconds = Math.max(0.001, (nowMs - first.atMs) / 1000);
    const positionPerMs = (read - first.position) / (seconds * 1000);
    const known = total !== undefined && total > 0;
    return {
      elapsedMs: nowMs - this.#startedMs,
      bytesRead: latest.bytes,
      recordsRead: latest.records,
      bytesPerSecond: (latest.bytes - first.bytes) / seconds,
      recordsPerSecond: (latest.records - first.records) / seconds,
      share: known ? Math.min(1, read / total) : undefined,
      remainingMs: known && positionPerMs > 0 ? Math.max(0, total - read) / positionPerMs : undefined,
      stages: [...this.#plan.stages.keys()].map((stage) => {
        return { stage, recordsOut: this.#run.metrics.stage(stage).recordsOut };
      }),
      deadLetters: this.#run.metrics.deadLetters,
      draining: this.#run.isDraining,
      waitsFor: waitsFor(this.#plan, this.#run.queueFill()),
    };
  }
}

/** What all sources together have read. */
export function readBy({ metrics }: Pick<Run, 'metrics'>, plan: Plan): { bytes: number; records: number } {
  let bytes = 0;
  let records = 0;
  for (const [id, { kind }] of plan.stages) {
    if (kind !== 'source') continue;
    bytes += metrics.stage(id).bytes;
    records += metrics.stage(id).recordsIn;
  }
  return { bytes, records };
}

/** The slowest part, in words: what stands behind the last full queue, since everything before it waits for that. */
export function waitsFor(plan: Plan, fill: ReadonlyMap<string, number>): string {
  const full = [...plan.stages.values()].filter(({ id }) => (fill.get(id) ?? 0) >= FULL).at(-1);
  if (!full) return 'input (every queue has room)';
  if (full.kind === 'sink') return `${full.id} (its queue is full)`;
  return `the workers (the queue ${full.kind === 'source' ? 'behind' : 'in front of'} ${full.id} is full)`;
}
