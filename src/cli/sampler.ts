import { type Bottleneck, bottleneckOf, type Observation } from '../runtime/index.js';

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
  /** Of the last seconds; undefined where nothing waits. */
  readonly bottleneck: Bottleneck | undefined;
}

/** Rates are taken over this long. */
const WINDOW_MS = 5000;

/** Looks at a run from time to time. */
export class Sampler {
  readonly #observe: () => Observation;
  readonly #samples: Observation[] = [];

  constructor(observe: () => Observation) {
    this.#observe = observe;
  }

  sample(): Snapshot {
    const samples = this.#samples;
    const now = this.#observe();
    samples.push(now);
    while (samples.length > 2 && now.elapsedMs - samples[1]!.elapsedMs >= WINDOW_MS) samples.shift();
    const before = samples.length > 1 ? samples[0]! : undefined;
    const seconds = Math.max(0.001, (now.elapsedMs - (before?.elapsedMs ?? 0)) / 1000);
    const { read, total } = now.progress;
    const positionPerMs = (read - (before?.progress.read ?? 0)) / (seconds * 1000);
    const known = total !== undefined && total > 0;
    const { bytes, records } = readBy(now.stages);
    const earlier = readBy(before?.stages ?? []);
    return {
      elapsedMs: now.elapsedMs,
      bytesRead: bytes,
      recordsRead: records,
      bytesPerSecond: (bytes - earlier.bytes) / seconds,
      recordsPerSecond: (records - earlier.records) / seconds,
      share: known ? Math.min(1, read / total) : undefined,
      remainingMs: known && positionPerMs > 0 ? Math.max(0, total - read) / positionPerMs : undefined,
      stages: now.stages.map(({ id, recordsOut }) => ({ stage: id, recordsOut })),
      deadLetters: now.deadLetters,
      draining: now.draining,
      bottleneck: bottleneckOf(now, before),
    };
  }
}

/** What all sources together have read. */
export function readBy(stages: Observation['stages']): { bytes: number; records: number } {
  const sources = stages.filter(({ kind }) => kind === 'source');
  return {
    bytes: sources.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    records: sources.reduce((sum, { recordsIn }) => sum + recordsIn, 0),
  };
}
