import { randomInt } from 'node:crypto';
import { systemClock } from '../base/clock.js';
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
import { runSink } from './sink-runner.js';

export interface SinkStagesOptions {
  readonly plan: Plan;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly inboxOf: (stage: string) => Inbox<SinkItem>;
  readonly deadLetters: Inbox<SinkItem>;
  readonly pool: BufferPool;
  readonly metrics: Metrics;
  readonly log: StageLog;
  /** Aborts when the run is torn down. */
  readonly signal: AbortSignal;
  readonly checkpointer: Checkpointer | undefined;
  /** Nothing is written before this has resolved; until then the queues fill. */
  readonly ready: Promise<void>;
}

/** The last step of a run: what arrives at the sinks and at the dead letters is written, and takes part in checkpoints. */
export class SinkStages {
  readonly #options: SinkStagesOptions;

  constructor(options: SinkStagesOptions) {
    this.#options = options;
  }

  /** Runs all to their end. */
  runs(): Promise<void>[] {
    const ids = [...this.#options.sinks.keys()].filter((id) => id !== DEAD_LETTER_STAGE);
    return [this.#runDeadLetters(), ...ids.map((id) => this.#run(id))];
  }

  async #run(id: string): Promise<void> {
    const { plan, inboxOf, deadLetters, metrics, checkpointer, ready } = this.#options;
    await ready;
    const { onError } = plan.stages.get(id)!;
    const edge = deadLetters.edge(`sink ${id}`);
    const { action } = onError;
    const rejections = new Rejections({ pipeline: plan.name, stage: id, action, edge, metrics });
    await runSink({
      ...this.#common(id, onError),
      inbox: inboxOf(id),
      onWritten: (records, bytes) => metrics.countWritten(id, records, bytes),
      onRejected: (block, rejected) => rejections.add(block, rejected),
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
    const { deadLetters, metrics, checkpointer, ready } = this.#options;
    await ready;
    await runSink({
      ...this.#common(DEAD_LETTER_STAGE, { action: 'stop' }),
      inbox: deadLetters,
      onWritten: (records) => metrics.countDeadLetters(records),
      onRejected: (_, { rejected }) => Promise.reject(rejected),
      onPrepared: (barrier, prepared) => checkpointer?.prepared(DEAD_LETTER_STAGE, barrier, prepared),
      onEnded: (prepared) => checkpointer?.ended(DEAD_LETTER_STAGE, prepared),
    });
  }

  #common(stage: string, onError: OnError) {
    const { sinks, pool, signal, log } = this.#options;
    const sink = sinks.get(stage)!;
    const random = new Random(randomInt(2 ** 32));
    const writer = new ReliableWriter({ sink, stage, onError, clock: systemClock, random, log });
    return { sink, pool, signal, writer };
  }
}
