import type { Shape } from '../batch/index.js';
import type { SinkDefinition } from '../component/index.js';
import {
  inputShape,
  type Pipeline,
  type PipelineTest,
  type Stage,
  type TestMessage,
  type TestRecord,
  withReader,
} from '../plan/index.js';
import { TRANSFORMS } from '../transforms/index.js';
import { Captured, captureSink } from './capture-sink.js';
import type { Faults } from './faults.js';
import { memorySource } from './memory-source.js';

/** What a stage is given, read from where it lies. */
export interface GivenInput {
  readonly from: string;
  readonly bytes: Uint8Array;
  /** Of a source of messages, in place of bytes. */
  readonly messages?: readonly TestMessage[];
  /** Where they are records, and not what a source would read: the bytes then are JSON. */
  readonly records?: readonly TestRecord[];
}

/** A pipeline with the same transforms, made for one test: nothing outside of the process is read or written. */
export interface TestPipeline {
  readonly pipeline: Pipeline;
  /** JSON of the records that came out of a source or transform, or arrived at a sink. */
  readonly records: ReadonlyMap<string, Captured>;
  /** What the sinks have written. */
  readonly written: ReadonlyMap<string, Captured>;
}

const MAP = TRANSFORMS.find(({ name }) => name === 'map')!;
const JSON_CONFIG = { format: { type: 'json' } };
/** Stages of our own; users cannot choose such names. */
const given = (stage: string) => `${stage} (given)`;
const expected = (stage: string) => `${stage} (expected)`;

/** The stage of the pipeline for which one of our own stands. */
export function stageOf(id: string): string {
  return id.replace(/(?: \((?:typed|given|expected)\))+$/, '');
}

/** @param shapes of what the pipeline's sources and transforms put out, by stage */
export function pipelineOfTest(
  pipeline: Pipeline,
  shapes: ReadonlyMap<string, Shape>,
  test: PipelineTest,
  inputs: ReadonlyMap<string, GivenInput>,
  faults: Faults,
): TestPipeline {
  const builder = new Builder(shapes, test, inputs, faults);
  const isSource = ({ kind }: Stage) => kind === 'source';
  for (const stage of pipeline.stages.filter(isSource)) builder.add(stage);
  for (const stage of pipeline.stages.filter((other) => !isSource(other))) builder.add(stage);
  for (const { stage } of test.expected) builder.capture(pipeline.stages.find(({ id }) => id === stage)!);
  const { stages, records, written } = builder;
  return { pipeline: { ...pipeline, stages }, records, written };
}

class Builder {
  readonly stages: Stage[] = [];
  readonly records = new Map<string, Captured>();
  readonly written = new Map<string, Captured>();
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #test: PipelineTest;
  readonly #inputs: ReadonlyMap<string, GivenInput>;
  readonly #faults: Faults;
  /** What stands in the place of a source whose records were given. */
  readonly #instead = new Map<string, string>();

  constructor(
    shapes: ReadonlyMap<string, Shape>,
    test: PipelineTest,
    inputs: ReadonlyMap<string, GivenInput>,
    faults: Faults,
  ) {
    this.#faults = faults;
    this.#shapes = shapes;
    this.#test = test;
    this.#inputs = inputs;
  }

  add(stage: Stage): void {
    const input = this.#inputs.get(stage.id);
    if (stage.kind === 'source') {
      const config = input?.records ? JSON_CONFIG : stage.config;
      this.stages.push({ ...stage, definition: this.#source(input), config });
      const typed =
        input?.records && this.#typed(stage, stage.id, this.#shapes.get(stage.id)!, input.records);
      if (typed) this.#instead.set(stage.id, typed);
      return;
    }
    const inputs = [...this.#inputsOf(stage), ...(input ? [this.#give(stage, input)] : [])];
    const { queue: _, ...rest } = stage;
    const queue = stage.queue && { queue: { type: 'memory' as const, whenFull: 'block' as const } };
    this.stages.push({ ...rest, ...queue, inputs, ...(stage.kind === 'sink' && this.#sink(stage)) });
  }

  /** Lets a sink of our own take what comes out of a stage, or what arrives at a sink. */
  capture(stage: Stage): void {
    const captured = new Captured();
    this.records.set(stage.id, captured);
    const { inputs } = this.stages.find(({ id }) => id === stage.id)!;
    const from = stage.kind === 'sink' ? inputs : this.#inputsOf({ inputs: [stage.id] });
    const id = expected(stage.id);
    const like = stage.kind === 'sink' ? stage.id : undefined;
    const faults = this.#faults;
    const faulty = faults.ofSink(stage.id)?.beside;
    for (const input of from) {
      const at = this.stages.findIndex((other) => other.id === input);
      this.stages[at] = withReader(this.stages[at]!, id, like);
    }
    this.stages.push({
      ...this.#own(id, stage),
      // What the sink itself gives up is a dead letter already.
      ...(faulty && { onError: { ...stage.onError, action: 'drop' as const } }),
      kind: 'sink',
      type: 'captured',
      definition: captureSink({ captured, faults, own: faulty }),
      config: JSON_CONFIG,
      inputs: from,
    });
  }

  #inputsOf({ inputs }: Pick<Stage, 'inputs'>): string[] {
    return inputs.map((id) => this.#instead.get(id) ?? id);
  }

  #source(input: GivenInput | undefined) {
    const { from = 'given', bytes = new Uint8Array(0), messages } = input ?? {};
    const { nowMs } = this.#test;
    const faults = this.#faults;
    return memorySource({ bytes, name: from, nowMs, faults, ...(messages && { messages }) });
  }

  #sink(stage: Stage): Pick<Stage, 'definition'> {
    const captured = new Captured();
    this.written.set(stage.id, captured);
    const real = stage.definition as SinkDefinition;
    const faults = this.#faults;
    return { definition: captureSink({ captured, real, faults, own: faults.ofSink(stage.id) }) };
  }

  /** Makes a source of records for a stage that is none. Gives what the stage has to read. */
  #give(stage: Stage, input: GivenInput): string {
    const id = given(stage.id);
    this.stages.push({
      ...this.#own(id, stage),
      kind: 'source',
      type: 'given',
      definition: this.#source(input),
      config: JSON_CONFIG,
      inputs: [],
    });
    return this.#typed(stage, id, inputShape(stage, this.#shapes), input.records!) ?? id;
  }

  /**
   * Makes of JSON what the stage would get: times of texts, and no other fields than there are. Gives the stage that
   * does it, where there is anything to do.
   */
  #typed(stage: Stage, from: string, shape: Shape, records: readonly TestRecord[]): string | undefined {
    const times = [...shape.fields]
      .filter(([name, kind]) => kind === 'timestamp' && records.some((record) => Object.hasOwn(record, name)))
      .map(([name]) => [name, `type(${name}) == string ? timestamp(${name}) : ${name}`] as const);
    if (times.length === 0 && shape.open) return undefined;
    const id = `${stage.id} (typed) (given)`;
    const keep = shape.open ? {} : { keep: [...shape.fields.keys()] };
    const config = { set: Object.fromEntries(times), ...keep };
    const own = this.#own(id, stage);
    this.stages.push({ ...own, kind: 'transform', type: 'map', definition: MAP, config, inputs: [from] });
    return id;
  }

  #own(id: string, { position }: Stage): Pick<Stage, 'id' | 'onError' | 'position'> {
    return { id, onError: { action: 'dead_letter' }, position };
  }
}
