import { join } from 'node:path';
import { SINKS } from '../../connectors/index.js';
import { MillraceError } from '../base/errors.js';
import { nodeStorage } from '../base/storage.js';
import {
  Claims,
  type Prepared,
  type Sink,
  type SinkContext,
  type SinkDefinition,
  type Source,
  type SourceDefinition,
  type StageLog,
} from '../component/index.js';
import { Inbox } from '../flow/index.js';
import { framingOf, type InboxPlan, type Pipeline, type Plan, type SegmentPlan } from '../plan/index.js';
import { createEncoder, DEAD_LETTERS, type Lanes } from '../workers/index.js';
import { BufferPool } from './buffer-pool.js';
import { ChainRunner, type LeafEdge } from './chain-runner.js';
import { FailureShare } from './failure-share.js';
import { bufferOf, type ChainItem, type SinkItem } from './items.js';
import { Metrics } from './metrics.js';
import { runSink } from './sink-runner.js';
import { SourceRunner } from './source-runner.js';

export interface RunOptions {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  readonly lanes: Lanes;
  readonly log: StageLog;
}

/** What the dead letters' sink is called; with a space, which no stage's name has. */
const DEAD_LETTER_STAGE = 'dead letters';
/** The dead letters' own queue: small, since they are rare. */
const DEAD_LETTER_QUEUE_BYTES = 1024 * 1024;

/**
 * One run of a pipeline in this process. The layers are wired here, from the sinks up to the sources:
 *
 *     source → inbox → chain (trips through the lanes) → inbox → sink
 *                                                      → inbox → chain → …
 *                                                      → dead letters
 *
 * It ends when the sources have ended and everything behind them has drained, or with the first failure.
 */
export class Run {
  readonly metrics: Metrics;
  readonly deadLetterPath: string;
  readonly #options: RunOptions;
  readonly #segment: SegmentPlan;
  readonly #pool: BufferPool;
  readonly #inboxes = new Map<string, Inbox<ChainItem> | Inbox<SinkItem>>();
  readonly #deadLetters: Inbox<SinkItem>;
  readonly #sources = new Map<string, Source>();
  readonly #sinks = new Map<string, Sink>();
  readonly #claims = new Claims();
  readonly #draining = new AbortController();
  readonly #failing = new AbortController();
  #failure: unknown;

  constructor(options: RunOptions) {
    const { pipeline, plan } = options;
    this.#options = options;
    this.#segment = plan.segments[0]!;
    this.metrics = new Metrics(plan.stages.keys());
    this.#pool = new BufferPool(pipeline.runtime.memoryBytes / 4);
    this.deadLetterPath = join(pipeline.runtime.state, pipeline.name, 'dead_letters.ndjson');
    for (const inbox of this.#segment.inboxes) this.#inboxes.set(inbox.stage, this.#createInbox(inbox));
    this.#deadLetters = new Inbox<SinkItem>({
      name: 'dead_letters',
      maxBytes: DEAD_LETTER_QUEUE_BYTES,
      whenFull: 'block',
      inputs: [
        ...this.#segment.chains.map(({ id }) => `chain ${id}`),
        ...this.#sourceIds().map((id) => `source ${id}`),
      ],
      onDrop: () => {},
    });
  }

  /** Runs to the end. Rejects with the first failure, after everything has been torn down. */
  async run(): Promise<void> {
    await this.#createEnds();
    const parts = [
      this.#runDeadLetters(),
      ...this.#stagesOf('sink').map((id) => this.#runSink(id)),
      ...this.#segment.chains.map((_, index) => this.#runChain(index)),
      ...this.#sourceIds().map((id) => this.#runSource(id)),
    ];
    await Promise.allSettled(parts.map((part) => part.catch((error) => this.#fail(error))));
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Sources end where they are; what they have read goes through to the sinks. */
  drain(): void {
    this.#draining.abort();
  }

  get isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  /** How far the sources are, in bytes of their inputs; `total` where all of them know it. */
  progress(): { read: number; total: number | undefined } {
    let read = 0;
    let total: number | undefined = 0;
    for (const source of this.#sources.values()) {
      const progress = source.progress?.();
      read += progress?.read ?? 0;
      total = progress?.total === undefined || total === undefined ? undefined : total + progress.total;
    }
    return { read, total };
  }

  /** The share of its room that each queue has in use, by the stage behind it. */
  queueFill(): ReadonlyMap<string, number> {
    const fill = new Map<string, number>();
    for (const [stage, inbox] of this.#inboxes) {
      const limit = inbox.edges.reduce((sum, edge) => sum + edge.credit.limit, 0);
      const used = inbox.edges.reduce((sum, edge) => sum + edge.credit.used, 0);
      fill.set(stage, used / limit);
    }
    return fill;
  }

  #stagesOf(kind: 'source' | 'sink'): string[] {
    return this.#segment.stages.filter((id) => this.#options.plan.stages.get(id)!.kind === kind);
  }

  #sourceIds(): string[] {
    return this.#stagesOf('source');
  }

  #createInbox({ stage, inputs, queue }: InboxPlan): Inbox<ChainItem> | Inbox<SinkItem> {
    const onDrop = (item: ChainItem | SinkItem) => {
      this.metrics.stage(stage).droppedByQueue += item.kind === 'chunk' ? 0 : item.records;
      this.#pool.give(bufferOf(item));
    };
    const options = { name: stage, maxBytes: queue.maxBytes, whenFull: queue.whenFull, inputs, onDrop };
    const { kind } = this.#options.plan.stages.get(stage)!;
    return kind === 'sink' ? new Inbox<SinkItem>(options) : new Inbox<ChainItem>(options);
  }

  /** Creates sources and sinks. What they read and write must be different things before anything is touched. */
  async #createEnds(): Promise<void> {
    for (const id of this.#sourceIds()) this.#sources.set(id, this.#createSource(id));
    for (const id of this.#stagesOf('sink')) this.#sinks.set(id, await this.#createSink(id));
    this.#sinks.set(DEAD_LETTER_STAGE, this.#createDeadLetters());
    try {
      for (const end of [...this.#sources.values(), ...this.#sinks.values()]) await end.claim?.();
    } catch (error) {
      await Promise.allSettled(
        [...this.#sources.values(), ...this.#sinks.values()].map((end) => end.close()),
      );
      throw error;
    }
  }

  #createSource(id: string): Source {
    const { pipeline, plan, log } = this.#options;
    const stage = plan.stages.get(id)!;
    const context = {
      pipeline: pipeline.name,
      stage: id,
      claims: this.#claims,
      log,
      storage: nodeStorage,
      ...framingOf(stage),
    };
    return (stage.definition as SourceDefinition).create(stage.config, context);
  }

  async #runSource(id: string): Promise<void> {
    const { pipeline } = this.#options;
    const source = this.#sources.get(id)!;
    const { maxBytes, lingerMs } = pipeline.runtime.batch;
    await new SourceRunner({
      stage: id,
      pipeline: pipeline.name,
      source,
      edge: (this.#inboxes.get(id) as Inbox<ChainItem>).edge(id),
      deadLetters: this.#deadLetters.edge(`source ${id}`),
      pool: this.#pool,
      metrics: this.metrics,
      batchBytes: maxBytes,
      lingerMs,
      signal: AbortSignal.any([this.#draining.signal, this.#failing.signal]),
    }).run();
  }

  async #runChain(index: number): Promise<void> {
    const { pipeline, lanes } = this.#options;
    const plan = this.#segment.chains[index]!;
    const leaves = new Map<number, LeafEdge>([[DEAD_LETTERS, this.#deadLetters.edge(`chain ${plan.id}`)]]);
    for (const [node, { kind, stage }] of plan.nodes.entries()) {
      if (kind === 'encode' || kind === 'send')
        leaves.set(node, this.#inboxes.get(stage)!.edge(plan.id) as LeafEdge);
    }
    const { maxShare } = pipeline.deadLetter;
    const share = maxShare === undefined ? undefined : new FailureShare(maxShare);
    const onTrip = (records: number, failed: number) => {
      const tooHigh = share?.add(records, failed);
      if (tooHigh !== undefined) throw tooManyFailures(tooHigh, maxShare!, plan.id);
    };
    const inbox = this.#inboxes.get(plan.id) as Inbox<ChainItem>;
    await new ChainRunner({
      plan,
      index,
      inbox,
      lanes,
      leaves,
      pool: this.#pool,
      metrics: this.metrics,
      onTrip,
    }).run();
  }

  async #createSink(id: string): Promise<Sink> {
    const stage = this.#options.plan.stages.get(id)!;
    const node = this.#segment.chains
      .flatMap(({ nodes }) => nodes)
      .find((n) => n.kind === 'encode' && n.stage === id)!;
    const { header, footer } = await createEncoder(node);
    return (stage.definition as SinkDefinition).create(stage.config, this.#sinkContext(id, header, footer));
  }

  async #runSink(id: string): Promise<void> {
    const counts = this.metrics.stage(id);
    await this.#write(this.#sinks.get(id)!, this.#inboxes.get(id) as Inbox<SinkItem>, (records, bytes) => {
      counts.recordsIn += records;
      counts.recordsOut += records;
      counts.bytes += bytes;
    });
  }

  #createDeadLetters(): Sink {
    const file = SINKS.find(({ name }) => name === 'file')!;
    const config = { path: this.deadLetterPath, mode: 'append', format: { type: 'json' } };
    return new Lazy(file.create(config, this.#sinkContext(DEAD_LETTER_STAGE, undefined, undefined)));
  }

  async #runDeadLetters(): Promise<void> {
    await this.#write(this.#sinks.get(DEAD_LETTER_STAGE)!, this.#deadLetters, (records) => {
      this.metrics.deadLetters += records;
    });
  }

  #write(
    sink: Sink,
    inbox: Inbox<SinkItem>,
    onWritten: (records: number, bytes: number) => void,
  ): Promise<void> {
    return runSink({ sink, inbox, pool: this.#pool, signal: this.#failing.signal, onWritten });
  }

  #sinkContext(stage: string, header: Uint8Array | undefined, footer: Uint8Array | undefined): SinkContext {
    const { pipeline, log } = this.#options;
    const surroundings = { pipeline: pipeline.name, stage, claims: this.#claims, log, storage: nodeStorage };
    return { ...surroundings, framing: 'lines', preambleLines: 0, header, footer };
  }

  /** Tears everything down: whoever waits for room or for input is told. Only the first failure counts. */
  #fail(error: unknown): void {
    if (this.#failing.signal.aborted) return;
    this.#failure = error;
    this.#failing.abort(error);
    for (const inbox of [...this.#inboxes.values(), this.#deadLetters] as Inbox<unknown>[]) inbox.fail(error);
  }
}

/** A sink that is not touched before there is something to write, so that a run without dead letters leaves no file. */
class Lazy implements Sink {
  readonly #sink: Sink;
  #used = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async claim(): Promise<void> {
    await this.#sink.claim?.();
  }

  async write(block: Parameters<Sink['write']>[0], signal: AbortSignal): Promise<void> {
    this.#used ||= block.records > 0;
    if (this.#used) await this.#sink.write(block, signal);
  }

  async open(): Promise<null> {
    return null;
  }

  async prepare(): Promise<Prepared> {
    return this.#used ? await this.#sink.prepare() : { state: null, durable: async () => {} };
  }

  async close(): Promise<void> {
    if (this.#used) await this.#sink.close();
  }
}

function tooManyFailures(share: number, maxShare: number, chain: string): MillraceError {
  const percent = (value: number) => `${Math.round(value * 1000) / 10} %`;
  const message = `${percent(share)} of the last records of "${chain}" failed, more than dead_letter.max_share (${percent(maxShare)}) allows; the dead letters say why`;
  return new MillraceError('too_many_failures', message, { blame: 'data' });
}
