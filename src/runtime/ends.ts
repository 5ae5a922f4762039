import type { Storage } from '../base/storage.js';
import {
  type Claims,
  type Queue,
  recordEndsOf,
  type Sink,
  type SinkContext,
  type SinkDefinition,
  type Source,
  type SourceDefinition,
  type StageLog,
} from '../component/index.js';
import { formatNamed } from '../formats/index.js';
import { framingOf, type Pipeline, type Plan, type SegmentPlan, type Stage } from '../plan/index.js';
import { createEncoder } from '../workers/index.js';
import {
  DeadLetterSink,
  deadLetterFolder,
  keepsState,
  RejectingSink,
  StandaloneDeadLetterSink,
} from './dead-letters/index.js';
import type { AnySource } from './items.js';
import type { Metrics } from './metrics.js';
import { DEAD_LETTER_STAGE } from './pipeline-state.js';

export interface EndsOptions {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  readonly segment: SegmentPlan;
  /** By their ids. */
  readonly queues: ReadonlyMap<string, Queue>;
  readonly requestCheckpoint: () => void;
  /** Whether another end of a queue follows the one that is closed. */
  readonly isHandedOver?: (queue: string) => boolean;
  /** Of the whole run: no two segments may read and write the same. */
  readonly claims: Claims;
  readonly storage: Storage;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  readonly log: StageLog;
  readonly metrics: Pick<Metrics, 'countDeadLetters'>;
  readonly deadLetters?: Sink;
}

/**
 * Where a segment's records come from and go to: its sources and sinks, the dead letters among them, and its ends of durable
 * queues, by the ids of stages and queues.
 */
export class Ends {
  readonly sources = new Map<string, AnySource>();
  readonly sinks = new Map<string, Sink>();
  readonly #options: EndsOptions;

  private constructor(options: EndsOptions) {
    this.#options = options;
  }

  /** Creates all of them, and touches nothing. */
  static async create(options: EndsOptions): Promise<Ends> {
    const ends = new Ends(options);
    const { segment, queues, requestCheckpoint } = options;
    const contextOf = (id: string) => {
      return { requestCheckpoint, isHandedOver: () => options.isHandedOver?.(id) ?? false };
    };
    for (const stage of ends.#stages('source')) ends.sources.set(stage.id, ends.#createSource(stage));
    for (const id of segment.reads) ends.sources.set(id, queues.get(id)!.source(contextOf(id)));
    for (const stage of ends.#stages('sink')) ends.sinks.set(stage.id, await ends.#createSink(stage));
    for (const id of segment.writes) {
      ends.sinks.set(id, queues.get(id)!.sink(segment.id, contextOf(id)));
    }
    ends.sinks.set(DEAD_LETTER_STAGE, options.deadLetters ?? ends.#createDeadLetters());
    return ends;
  }

  /** What they read and write must be different things. */
  async claim(): Promise<void> {
    for (const end of this.#all()) await end.claim?.();
  }

  /** Sinks write what only the end of an output can have. Rejects with the first failure, when all have been closed. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.#all().map((end) => end.close()));
    for (const one of closed) if (one.status === 'rejected') throw one.reason;
  }

  async closeAfterFailure(): Promise<void> {
    await Promise.allSettled(this.#all().map((end) => end.close()));
  }

  #all(): (AnySource | Sink)[] {
    return [...this.sources.values(), ...this.sinks.values()];
  }

  #stages(kind: 'source' | 'sink'): Stage[] {
    const { plan, segment } = this.#options;
    return segment.stages.map((id) => plan.stages.get(id)!).filter((stage) => stage.kind === kind);
  }

  #createSource(stage: Stage): Source {
    const context = { ...this.#surroundings(stage.id), ...framingOf(stage) };
    return (stage.definition as SourceDefinition).create(stage.config, context);
  }

  async #createSink(stage: Stage): Promise<Sink> {
    const node = this.#options.segment.chains
      .flatMap(({ nodes }) => nodes)
      .find((one) => one.kind === 'encode' && one.stage === stage.id)!;
    const encoder = await createEncoder(node);
    const framing = formatNamed(node.format!.type)!.encoder!.framing(node.format!);
    const { header, footer } = encoder;
    const context: SinkContext = {
      ...this.#surroundings(stage.id),
      framing: 'lines',
      preambleLines: 0,
      header,
      footer,
      ...(encoder.footerOf && { footerOf: (written) => encoder.footerOf!(written) }),
      ...(framing !== 'batches' && { recordEnds: recordEndsOf(framing) }),
    };
    return (stage.definition as SinkDefinition).create(stage.config, context);
  }

  #createDeadLetters(): Sink {
    const { pipeline, segment, storage, folder, log } = this.#options;
    const { maxBytes } = pipeline.deadLetter;
    const letters = deadLetterFolder(folder, segment.id);
    const sink = new DeadLetterSink({ storage, folder: letters, maxBytes, log });
    if (keepsState(pipeline)) return this.#beforeLetters(sink);
    return new StandaloneDeadLetterSink({ storage, folder, pipeline, segment: segment.id, log }, sink);
  }

  /** Where stages reject records, their sources get these. */
  #beforeLetters(letters: Sink): Sink {
    const { plan, segment, metrics } = this.#options;
    if (!segment.stages.some((id) => plan.stages.get(id)!.onError.action === 'reject')) return letters;
    return new RejectingSink({
      letters,
      reject: ({ source, partition, offset }) =>
        (this.sources.get(source) as Source | undefined)?.reject?.(partition, offset) ?? false,
      // The stage has counted them; these are not among those that are kept.
      onRejected: (records) => metrics.countDeadLetters(segment.id, -records),
    });
  }

  #surroundings(stage: string) {
    const { pipeline, claims, storage, log, requestCheckpoint } = this.#options;
    const surroundings = { pipeline: pipeline.name, stage, claims, log, storage };
    return keepsState(pipeline) ? { ...surroundings, requestCheckpoint } : surroundings;
  }
}
