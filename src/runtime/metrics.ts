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
  /** Errors by code, whatever became of the record. */
  readonly errors: Map<string, number>;
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
  readonly stages: ReadonlyMap<string, StageCounts>;
  /** By the ids of the durable queues. */
  readonly queues: ReadonlyMap<string, QueueCounts>;
  /** Records written to the dead letters. */
  deadLetters = 0;
  /** Bytes written by all sinks. */
  writtenBytes = 0;

  constructor(stageIds: Iterable<string>, queueIds: Iterable<string> = []) {
    this.stages = new Map([...stageIds].map((id) => [id, emptyCounts()]));
    this.queues = new Map([...queueIds].map((id) => [id, { recordsIn: 0, recordsOut: 0, bytesIn: 0 }]));
  }

  queue(id: string): QueueCounts {
    return this.queues.get(id)!;
  }

  stage(id: string): StageCounts {
    return this.stages.get(id)!;
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

  countDeadLetters(records: number): void {
    this.deadLetters += records;
  }

  /** @param key `stage:code` */
  addError(key: string, times: number): void {
    const colon = key.lastIndexOf(':');
    const { errors } = this.stage(key.slice(0, colon));
    const code = key.slice(colon + 1);
    errors.set(code, (errors.get(code) ?? 0) + times);
  }
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
    errors: new Map(),
  };
}
