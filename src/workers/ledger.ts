import type { Arena, Batch } from '../batch/index.js';
import type { OnError } from '../plan/index.js';
import { encodeDeadLetter, fateOf, metaOf, placeOf } from './dead-letter.js';
import type { Probe } from './probe.js';
import { COUNTERS, Counter, type StoppedBy } from './trip.js';

/** Thrown to end a trip at a record on which a stage with `on_error: stop` failed. */
export class Stopped extends Error {
  readonly by: StoppedBy;

  constructor(by: StoppedBy) {
    super(by.message);
    this.by = by;
  }
}

/** What became of a trip's records: counts by node, errors by code, dead letters. Nothing leaves a trip uncounted. */
export class Ledger {
  readonly counts: Float64Array;
  readonly errors: Record<string, number> = {};
  readonly deadLetters: string[] = [];
  /** Only where someone looks at records that pass. */
  readonly probe: Probe | undefined;
  readonly #pipeline: string;
  readonly #time: string;

  constructor(pipeline: string, nodes: number, nowMs: number, probe?: Probe) {
    this.probe = probe;
    this.#pipeline = pipeline;
    this.#time = new Date(nowMs).toISOString();
    this.counts = new Float64Array(nodes * COUNTERS);
  }

  add(node: number, counter: number, amount: number): void {
    this.counts[node * COUNTERS + counter]! += amount;
  }

  /** A node has worked since then, a time of the monotonic clock. */
  worked(node: number, sinceMs: number): void {
    this.add(node, Counter.WORKED_US, (performance.now() - sinceMs) * 1000);
  }

  countError(stage: string, code: string, times: number): void {
    const key = `${stage}:${code}`;
    this.errors[key] = (this.errors[key] ?? 0) + times;
  }

  /**
   * Applies a stage's `on_error` to one row of a batch.
   * @param memory in which the batch's origin lies
   * @param said what the letter says of a message, where that does not lie there
   */
  fail(
    memory: Pick<Arena, 'bytes'>,
    batch: Pick<Batch, 'origin' | 'partition'>,
    row: number,
    at: { node: number; stage: string; onError: OnError['action'] },
    code: string,
    message: string,
    attempts = 1,
    said = metaOf(memory, batch.origin, row),
  ): void {
    const { origin, partition } = batch;
    const { stage } = at;
    const offset = origin.offsets[row]!;
    this.countError(stage, code, 1);
    if (at.onError === 'stop') {
      throw new Stopped({
        stage,
        code,
        message,
        source: partition.source,
        partition: partition.name,
        offset,
      });
    }
    if (at.onError === 'drop') {
      this.add(at.node, Counter.DROPPED, 1);
      return;
    }
    this.add(at.node, Counter.DEAD, 1);
    const start = origin.starts[row]!;
    const bytes = memory.bytes.slice(start, start + origin.lengths[row]!);
    const where = { pipeline: this.#pipeline, ...placeOf(partition), offset, ...said, ...fateOf(at.onError) };
    this.deadLetters.push(
      encodeDeadLetter({ ...where, stage, code, message, attempts, time: this.#time }, bytes),
    );
  }

  /** The state now, to come back to when a part of the trip has to be done again. */
  mark(): { counts: Float64Array; errors: Record<string, number>; letters: number } {
    return { counts: this.counts.slice(), errors: { ...this.errors }, letters: this.deadLetters.length };
  }

  restore(mark: ReturnType<Ledger['mark']>): void {
    this.counts.set(mark.counts);
    for (const key of Object.keys(this.errors)) delete this.errors[key];
    Object.assign(this.errors, mark.errors);
    this.deadLetters.length = mark.letters;
  }
}
