import { randomInt } from 'node:crypto';
import { type Clock, systemClock } from '../base/clock.js';
import { Random } from '../base/random.js';
import type { Sink, StageLog } from '../component/index.js';
import type { Inbox } from '../flow/index.js';
import type { OnError, Plan } from '../plan/index.js';
import type { BufferPool } from './buffer-pool.js';
import type { Checkpointer } from './checkpointer.js';
import type { SinkItem } from './items.js';
import type { Metrics } from './metrics.js';
import { DEAD_LETTER_STAGE } from './pipeline-state.js';
import { Rejections } from './rejections.js';
import { ReliableWriter } from './reliable-writer.js';
import { runSink, type SinkRunnerOptions } from './sink-runner.js';

export interface SinkStagesOptions {
  readonly pipeline: string;
  readonly plan: Plan;
  readonly segment: string;
  /** By the ids of stages and of durable queues. */
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly inboxOf: (stage: string) => Inbox<SinkItem>;
  readonly deadLetters: Inbox<SinkItem>;
  readonly pool: BufferPool;
  readonly metrics: Metrics;
  readonly log: StageLog;
  /** As retries wait; the time of this machine otherwise. */
  readonly clockOf?: (sink: string) => Clock;
  /** Aborts when the run is torn down. */
  readonly signal: AbortSignal;
  readonly checkpointer: Checkpointer | undefined;
  /** Nothing is written before this has resolved; until then the queues fill. */
  readonly ready: Promise<void>;
}

const NEVER_GIVEN_UP: OnError = { action: 'stop' };

/** The last step of a run: what arrives at the sinks and at the dead letters is written, and takes part in checkpoints. */
export class SinkStages {
  readonly #options: SinkStagesOptions;

  constructor(options: SinkStagesOptions) {
    this.#options = options;
  }

  /** Runs all to their end. */
  runs(): Promise<void>[] {
    const { sinks, plan } = this.#options;
    const ids = [...sinks.keys()].filter((id) => id !== DEAD_LETTER_STAGE);
    return [
      this.#runDeadLetters(),
      ...ids.map((id) => (plan.queues.has(id) ? this.#runQueue(id) : this.#runSink(id))),
    ];
  }

  async #runSink(id: string): Promise<void> {
    const { pipeline, plan, deadLetters, metrics } = this.#options;
    const { onError } = plan.stages.get(id)!;
    const edge = deadLetters.edge(`sink ${id}`);
    const rejections = new Rejections({ pipeline, stage: id, action: onError.action, edge, metrics });
    await this.#runBeforeLetters(id, onError, {
      onWritten: (records, bytes) => metrics.countWritten(id, records, bytes),
      onRejected: (block, rejected) => rejections.add(block, rejected),
      onRefused: (block, refused) => rejections.addRows(block, refused),
    });
  }

  /** A queue refuses no record: it waits for room by itself, and what it cannot keep ends the run. */
  async #runQueue(id: string): Promise<void> {
    const { metrics } = this.#options;
    await this.#runBeforeLetters(id, NEVER_GIVEN_UP, {
      onWritten: (records, bytes) => metrics.countQueued(id, records, bytes),
      onRejected: (_, { rejected }) => Promise.reject(rejected),
    });
  }

  /** Runs what may send dead letters, which therefore have to pass the barriers after it. */
  async #runBeforeLetters(
    id: string,
    onError: OnError,
    outcome: Pick<SinkRunnerOptions, 'onWritten' | 'onRejected' | 'onRefused'>,
  ): Promise<void> {
    const { inboxOf, deadLetters, checkpointer, ready } = this.#options;
    await ready;
    const edge = deadLetters.edge(`sink ${id}`);
    await runSink({
      ...this.#common(id, onError),
      ...outcome,
      inbox: inboxOf(id),
      onPrepared: (barrier, prepared) => {
        checkpointer?.prepared(id, barrier, prepared);
        edge.barrier(barrier);
      },
      onEnded: (prepared) => {
        checkpointer?.ended(id, prepared);
        edge.end();
      },
    });
  }

  /** Dead letters have nowhere else to go: their store waits by itself, and what it cannot keep ends the run. */
  async #runDeadLetters(): Promise<void> {
    const { segment, deadLetters, metrics, checkpointer, ready } = this.#options;
    await ready;
    await runSink({
      ...this.#common(DEAD_LETTER_STAGE, NEVER_GIVEN_UP),
      inbox: deadLetters,
      onWritten: (records) => metrics.countDeadLetters(segment, records),
      onRejected: (_, { rejected }) => Promise.reject(rejected),
      onPrepared: (barrier, prepared) => checkpointer?.prepared(DEAD_LETTER_STAGE, barrier, prepared),
      onEnded: (prepared) => checkpointer?.ended(DEAD_LETTER_STAGE, prepared),
    });
  }

  #common(stage: string, onError: OnError) {
    const { sinks, pool, signal, log, metrics, clockOf } = this.#options;
    const sink = sinks.get(stage)!;
    const random = new Random(randomInt(2 ** 32));
    const clock = clockOf?.(stage) ?? systemClock;
    const writer = new ReliableWriter({ sink, stage, onError, clock, random, log });
    const onWrite = (ms: number) => metrics.countWrite(stage, ms);
    return { sink, pool, signal, writer, onWrite };
  }
}
