import { type SegmentPlan, stageOfQueue } from '../plan/index.js';
import { Histogram } from './histogram.js';
import { Taps } from './taps.js';
import { TimeUse } from './time-use.js';

/** What has become of a stage's records so far. For every stage: in + added = out + dropped + dead letters. */
export interface StageCounts {
  recordsIn: number;
  recordsOut: number;
  /** Left out on purpose: by a filter, by a sample, by `on_error: drop`. */
  dropped: number;
  deadLettered: number;
  /** Made by the stage beyond those that it got, as items of a list are. */
  added: number;
  /** What it got from stages that do not give all their records to all of their readers; counted where they gave it. */
  routedTo: number;
  /** Dropped by the stage's own queue because it was full; never part of `recordsIn`. */
  droppedByQueue: number;
  /** Bytes read by a source, written by a sink. */
  bytes: number;
  /** How long it has worked on batches, in all threads together; of a sink, how long its writes took. */
  workedMs: number;
  /** Of a sink, how long each write took; of the first stage of a chain, how long each trip to a worker took. */
  readonly latency: Histogram;
  /** Errors by code, whatever became of the record. */
  readonly errors: Map<string, number>;
}

export interface CheckpointCounts {
  readonly count: number;
  /** When the last one was written, on the monotonic clock, and how long it took from its barrier to its record. */
  readonly atMs: number;
  readonly durationMs: number;
}

/** What has passed a durable queue in this run. */
export interface QueueCounts {
  recordsIn: number;
  recordsOut: number;
  /** As they were written. */
  bytesIn: number;
}

/** The one place where a run counts. Progress, the summary and the checks of the sums read it. */
export class Metrics {
  readonly stages = new Map<string, StageCounts>();
  /** By the ids of the durable queues. */
  readonly queues = new Map<string, QueueCounts>();
  /** Records written to the dead letters. */
  deadLetters = 0;
  readonly #deadLettersOf = new Map<string, number>();
  /** Bytes written by all sinks. */
  writtenBytes = 0;
  /** What the chains do with their time, by the id of the first stage. */
  readonly chains = new Map<string, TimeUse>();
  /** By segment. */
  readonly checkpoints = new Map<string, CheckpointCounts>();
  /** Trips to the workers that are under way. */
  tripsUnderWay = 0;

  constructor(
    stageIds: Iterable<string>,
    queueIds: Iterable<string> = [],
    /** Who looks at records that pass. */
    readonly taps = new Taps(),
  ) {
    this.countOnly(stageIds, queueIds);
  }

  /** From now on these are counted, those that were not before from zero, and no others. */
  countOnly(stageIds: Iterable<string>, queueIds: Iterable<string>): void {
    keepOnly(this.stages, new Set(stageIds), emptyCounts);
    keepOnly(this.queues, new Set(queueIds), () => ({ recordsIn: 0, recordsOut: 0, bytesIn: 0 }));
  }

  /** A segment has ended, and another may begin in its place: what it has counted, it alone, is forgotten. */
  forget({ id: segment, stages, chains, reads, writes }: SegmentPlan): void {
    const given = new Map(
      reads.map((queue) => [stageOfQueue(queue), this.stages.get(stageOfQueue(queue))?.routedTo]),
    );
    for (const id of stages) Object.assign(this.stage(id), emptyCounts(), { routedTo: given.get(id) ?? 0 });
    for (const id of reads) this.queue(id).recordsOut = 0;
    for (const id of writes) {
      Object.assign(this.queue(id), { recordsIn: 0, bytesIn: 0 });
      this.stage(stageOfQueue(id)).routedTo = 0;
    }
    for (const { id } of chains) this.chains.delete(id);
    this.checkpoints.delete(segment);
    this.deadLetters -= this.#deadLettersOf.get(segment) ?? 0;
    this.#deadLettersOf.delete(segment);
  }

  queue(id: string): QueueCounts {
    return this.queues.get(id)!;
  }

  chain(id: string): TimeUse {
    const time = this.chains.get(id) ?? new TimeUse();
    this.chains.set(id, time);
    return time;
  }

  countCheckpoint(segment: string, durationMs: number): void {
    const { count = 0 } = this.checkpoints.get(segment) ?? {};
    this.checkpoints.set(segment, { count: count + 1, atMs: performance.now(), durationMs });
  }

  stage(id: string): StageCounts {
    return this.stages.get(id)!;
  }

  /** A sink or a queue has written for so long. */
  countWrite(id: string, ms: number): void {
    const counts = this.stages.get(id);
    if (!counts) return;
    counts.workedMs += ms;
    counts.latency.add(ms);
  }

  countWritten(stage: string, records: number, bytes: number): void {
    const counts = this.stage(stage);
    counts.recordsIn += records;
    counts.recordsOut += records;
    counts.bytes += bytes;
    this.writtenBytes += bytes;
  }

  countQueued(queue: string, records: number, bytes: number): void {
    const counts = this.queue(queue);
    counts.recordsIn += records;
    counts.bytesIn += bytes;
    this.writtenBytes += bytes;
  }

  countDeadLetters(segment: string, records: number): void {
    this.deadLetters += records;
    this.#deadLettersOf.set(segment, (this.#deadLettersOf.get(segment) ?? 0) + records);
  }

  /** @param key `stage:code` */
  addError(key: string, times: number): void {
    const colon = key.lastIndexOf(':');
    const { errors } = this.stage(key.slice(0, colon));
    const code = key.slice(colon + 1);
    errors.set(code, (errors.get(code) ?? 0) + times);
  }
}

function keepOnly<T>(counts: Map<string, T>, ids: ReadonlySet<string>, zero: () => T): void {
  for (const id of counts.keys()) if (!ids.has(id)) counts.delete(id);
  for (const id of ids) if (!counts.has(id)) counts.set(id, zero());
}

function emptyCounts(): StageCounts {
  return {
    recordsIn: 0,
    recordsOut: 0,
    dropped: 0,
    deadLettered: 0,
    added: 0,
    routedTo: 0,
    droppedByQueue: 0,
    bytes: 0,
    workedMs: 0,
    latency: new Histogram(),
    errors: new Map(),
  };
}
