import type { Storage } from '../base/storage.js';
import {
  Claims,
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
  StandaloneDeadLetterSink,
} from './dead-letters/index.js';
import { DEAD_LETTER_STAGE } from './pipeline-state.js';

export interface EndsOptions {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  readonly segment: SegmentPlan;
  readonly storage: Storage;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  readonly log: StageLog;
}

/** Where a segment's records come from and go to: its sources and sinks, the dead letters among them. */
export class Ends {
  readonly sources = new Map<string, Source>();
  readonly sinks = new Map<string, Sink>();
  readonly #options: EndsOptions;
  readonly #claims = new Claims();

  private constructor(options: EndsOptions) {
    this.#options = options;
  }

  /** Creates all of them. What they read and write must be different things; nothing is touched before that is clear. */
  static async create(options: EndsOptions): Promise<Ends> {
    const ends = new Ends(options);
    for (const stage of ends.#stages('source')) ends.sources.set(stage.id, ends.#createSource(stage));
    for (const stage of ends.#stages('sink')) ends.sinks.set(stage.id, await ends.#createSink(stage));
    ends.sinks.set(DEAD_LETTER_STAGE, ends.#createDeadLetters());
    try {
      for (const end of ends.#all()) await end.claim?.();
    } catch (error) {
      await ends.closeAfterFailure();
      throw error;
    }
    return ends;
  }

  /** Sinks write what only the end of an output can have. Rejects with the first failure, when all have been closed. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.#all().map((end) => end.close()));
    for (const one of closed) if (one.status === 'rejected') throw one.reason;
  }

  async closeAfterFailure(): Promise<void> {
    await Promise.allSettled(this.#all().map((end) => end.close()));
  }

  #all(): (Source | Sink)[] {
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
    const { pipeline, storage, folder, log } = this.#options;
    const { maxBytes } = pipeline.deadLetter;
    const sink = new DeadLetterSink({ storage, folder: deadLetterFolder(folder), maxBytes, log });
    return keepsState(pipeline)
      ? sink
      : new StandaloneDeadLetterSink({ storage, folder, pipeline, log }, sink);
  }

  #surroundings(stage: string) {
    const { pipeline, storage, log } = this.#options;
    return { pipeline: pipeline.name, stage, claims: this.#claims, log, storage };
  }
}
