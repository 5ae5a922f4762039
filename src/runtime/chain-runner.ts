import { MillraceError } from '../base/errors.js';
import type { DetachedBatch } from '../batch/index.js';
import type { Barrier, Delivery, Edge, Inbox } from '../flow/index.js';
import type { ChainPlan } from '../plan/index.js';
import {
  COUNTERS,
  Counter,
  DEAD_LETTERS,
  inputOfChunk,
  type Lanes,
  type StoppedBy,
  type TripInput,
  type TripOutput,
  type TripResult,
} from '../workers/index.js';
import type { BufferPool } from './buffer-pool.js';
import { bufferOf, type ChainItem, costOf, type SinkItem } from './items.js';
import type { Metrics } from './metrics.js';
import type { TimeUse } from './time-use.js';

/** Of an edge what a chain needs. */
type Sender<T> = Pick<Edge<T>, 'send' | 'barrier' | 'end'>;

export type LeafEdge = Sender<ChainItem> | Sender<SinkItem>;

/** What a chain's first stage remembers: it is asked about each batch, and takes part in checkpoints. */
export interface ChainMemory {
  answer(batch: DetachedBatch): void;
  onBarrier(barrier: Barrier): void;
  /** Nothing comes any more. */
  onEnd(): Promise<void>;
}

export interface ChainRunnerOptions {
  readonly plan: ChainPlan;
  /** Its index among those of all segments. */
  readonly index: number;
  readonly inbox: Inbox<ChainItem>;
  readonly lanes: Lanes;
  /** Where each leaf node's output goes; DEAD_LETTERS is one of them. */
  readonly leaves: ReadonlyMap<number, LeafEdge>;
  readonly pool: BufferPool;
  readonly metrics: Metrics;
  /** Of the stage at the chain's beginning, where it has one. */
  readonly memory?: ChainMemory | undefined;
  /** Called after each trip with the chain's records in and dead letters of this trip. */
  readonly onTrip: (recordsIn: number, deadLetters: number) => void;
}

/**
 * Sends what arrives at a chain through the lanes, several trips at a time, and passes their outputs on in the order
 * of arrival. An input gives its credit back only when all its outputs have been taken by the queues behind.
 */
export class ChainRunner {
  readonly #options: ChainRunnerOptions;
  /** How large each leaf's last output was, to send a buffer of that size along. */
  readonly #expectedBytes = new Map<number, number>();
  /** Resolves when everything before has been passed on. */
  #passedOn: Promise<void> = Promise.resolve();
  #underWay = 0;
  /** Of the trips under way, how many are in the lanes, and how many outputs wait for room. */
  #inLanes = 0;
  #blocked = 0;
  readonly #time: TimeUse;
  readonly #stages: ReadonlySet<string>;
  #slotFreed: (() => void) | undefined;

  constructor(options: ChainRunnerOptions) {
    this.#options = options;
    this.#stages = new Set(options.plan.nodes.map(({ stage }) => stage));
    this.#time = options.metrics.chain(options.plan.id);
  }

  async run(): Promise<void> {
    const { inbox, leaves, memory } = this.#options;
    this.#time.enter('input');
    for (;;) {
      await this.#slot();
      const arrival = await inbox.receive();
      if (arrival === undefined) break;
      if (arrival.kind === 'barrier') {
        memory?.onBarrier(arrival);
        this.#inOrder(async () => {
          for (const edge of leaves.values()) edge.barrier(arrival);
        });
      } else {
        if (arrival.item.kind === 'batch') memory?.answer(arrival.item.batch);
        const trip = this.#start(arrival);
        // Handled when its turn comes; until then a failure must not count as unhandled.
        trip.catch(() => {});
        this.#inOrder(async () => this.#passOn(arrival, await trip));
      }
    }
    await this.#passedOn;
    await memory?.onEnd();
    this.#time.enter(undefined);
    for (const edge of leaves.values()) edge.end();
  }

  /** Waits until fewer trips are under way than keep every lane busy. */
  async #slot(): Promise<void> {
    const most = 2 * this.#options.lanes.width + 1;
    while (this.#underWay >= most) {
      await new Promise<void>((resolve) => {
        this.#slotFreed = resolve;
      });
    }
  }

  #inOrder(step: () => Promise<void>): void {
    this.#underWay++;
    this.#passedOn = this.#passedOn.then(step).finally(() => {
      this.#underWay--;
      this.#slotFreed?.();
    });
    // The loop learns of a failure when it waits next; the inbox is failed by whoever tears the run down.
    this.#passedOn.catch((error) => this.#options.inbox.fail(error));
  }

  async #start({ item }: Delivery<ChainItem>): Promise<TripResult> {
    const { lanes, index, plan, metrics } = this.#options;
    const input: TripInput = item.kind === 'batch' ? item : inputOfChunk(item.chunk);
    const startedMs = performance.now();
    this.#inLanes++;
    metrics.tripsUnderWay++;
    this.#account();
    try {
      const taps = metrics.taps.wanted(this.#stages);
      const spares = this.#spares(bufferOf(item).byteLength);
      return await lanes.run({ chain: index, input, spares, ...(taps && { taps }) });
    } finally {
      this.#inLanes--;
      metrics.tripsUnderWay--;
      this.#account();
      metrics.stages.get(plan.id)?.latency.add(performance.now() - startedMs);
    }
  }

  #account(): void {
    this.#time.enter(this.#inLanes > 0 ? 'working' : this.#blocked > 0 ? 'credit' : 'input');
  }

  /** Buffers for outputs for which the input's own will be too small, or so large that it would be wasted. */
  #spares(inputBytes: number): ArrayBuffer[] {
    const spares: ArrayBuffer[] = [];
    for (const expected of this.#expectedBytes.values()) {
      const fitsInput = expected <= inputBytes && expected * 2 >= inputBytes;
      if (expected > 0 && !fitsInput) spares.push(this.#options.pool.take(expected));
    }
    return spares;
  }

  async #passOn(delivery: Delivery<ChainItem>, result: TripResult): Promise<void> {
    const { pool, leaves, metrics } = this.#options;
    if (result.stoppedBy) throw stoppedError(result.stoppedBy);
    this.#count(delivery.item, result);
    if (result.samples) metrics.taps.give(result.samples);
    for (const buffer of result.returned) pool.give(buffer);
    for (const output of result.outputs) {
      const item = itemOf(output);
      const filled = output.kind === 'bytes' ? output.length : output.batch.buffer.byteLength;
      if (output.node !== DEAD_LETTERS) this.#expectedBytes.set(output.node, filled);
      const sending = (leaves.get(output.node) as Edge<typeof item>).send(item, costOf(item));
      this.#blocked++;
      this.#account();
      await sending;
      this.#blocked--;
      this.#account();
    }
    delivery.release();
  }

  #count(item: ChainItem, { counts, errors }: TripResult): void {
    const { plan, metrics, onTrip } = this.#options;
    let dead = 0;
    let added = 0;
    for (const [node, { stage, kind }] of plan.nodes.entries()) {
      // What a sink gets it counts itself; here are only the records that have no path.
      if (kind === 'receive') continue;
      const at = node * COUNTERS;
      const counted = metrics.stage(stage);
      counted.recordsIn += counts[at + Counter.IN]!;
      counted.recordsOut += counts[at + Counter.OUT]!;
      counted.dropped += counts[at + Counter.DROPPED]!;
      counted.deadLettered += counts[at + Counter.DEAD]!;
      counted.added += counts[at + Counter.ADDED]!;
      counted.routedTo += counts[at + Counter.ROUTED]!;
      counted.workedMs += counts[at + Counter.WORKED_US]! / 1000;
      dead += counts[at + Counter.DEAD]!;
      added += counts[at + Counter.ADDED]!;
    }
    for (const [key, times] of Object.entries(errors)) metrics.addError(key, times);
    onTrip((item.kind === 'batch' ? item.records : counts[Counter.IN]!) + added, dead);
  }
}

function stoppedError({ stage, code, message, partition, offset }: StoppedBy): MillraceError {
  const where = `the record at byte ${offset} of ${partition}`;
  const advice = 'on_error is "stop" there; "dead_letter" would keep the record aside and go on';
  return new MillraceError(code, `stage "${stage}" failed on ${where}: ${message} (${advice})`, {
    blame: 'data',
  });
}

function itemOf(output: TripOutput): ChainItem | SinkItem {
  const { records } = output;
  if (output.kind === 'batch') {
    const { batch, partition } = output;
    return { kind: 'batch', batch, records, ...(partition !== undefined && { partition }) };
  }
  const { buffer, byteOffset, length, parts, envelope } = output;
  const item = { kind: 'block', buffer, byteOffset, length, records } as const;
  return { ...item, ...(parts && { parts }), ...(envelope && { envelope }) };
}
