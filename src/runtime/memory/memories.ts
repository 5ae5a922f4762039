import { join } from 'node:path';
import type { Storage } from '../../base/storage.js';
import type { KeyMemory, SinkState, StageLog, TransformDefinition } from '../../component/index.js';
import type { Plan, SegmentPlan } from '../../plan/index.js';
import type { ChainMemory } from '../chain-runner.js';
import type { Checkpointer } from '../checkpointer.js';
import type { Metrics } from '../metrics.js';
import { KeyFile } from './key-file.js';
import { StageMemory } from './stage-memory.js';

export interface MemoriesOptions {
  readonly plan: Plan;
  readonly segment: SegmentPlan;
  readonly storage: Storage;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  readonly metrics: Metrics;
  readonly log: StageLog;
  /** Aborts when the run is torn down; `onFailure` does that. */
  readonly failing: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** What a memory is called in checkpoints, beside the sinks; it has a space, which no stage's name has. */
function memoryId(stage: string): string {
  return `${stage} memory`;
}

/** What the stages of a segment remember. */
export class Memories {
  readonly #options: MemoriesOptions;
  /** By stage. */
  #memories: ReadonlyMap<string, StageMemory> = new Map();

  constructor(options: MemoriesOptions) {
    this.#options = options;
  }

  /**
   * Takes them back to the last checkpoint.
   * @param stateOf what it holds of a memory; without it, they begin empty and outlive nothing
   * @returns their states now, as they are called in checkpoints
   */
  async open(stateOf: ((id: string) => SinkState | undefined) | undefined): Promise<Map<string, SinkState>> {
    const stages = this.#options.segment.chains.flatMap(({ remembers }) => remembers ?? []);
    this.#memories = new Map(stages.map((stage) => [stage, this.#create(stage, stateOf !== undefined)]));
    const states = new Map<string, SinkState>();
    for (const [stage, memory] of this.#memories) {
      const id = memoryId(stage);
      const state = await memory.open(stateOf?.(id));
      if (stateOf) states.set(id, state);
    }
    return states;
  }

  /** That of the stage at the beginning of a chain, if it has one. */
  ofChain(stage: string | undefined, checkpointer: Checkpointer | undefined): ChainMemory | undefined {
    const memory = stage === undefined ? undefined : this.#memories.get(stage);
    if (!memory) return undefined;
    const id = memoryId(stage!);
    return {
      answer: (batch) => memory.answer(batch),
      onBarrier: (barrier) => {
        const prepared = memory.prepare();
        prepared.then((one) => checkpointer?.prepared(id, barrier, one)).catch(this.#options.onFailure);
      },
      onEnd: async () => checkpointer?.ended(id, await memory.prepare()),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#memories.values()].map((memory) => memory.close()));
  }

  #create(id: string, isKept: boolean): StageMemory {
    const { plan, metrics, log } = this.#options;
    const stage = plan.stages.get(id)!;
    const memory = (stage.definition as TransformDefinition).memory!(stage.config);
    let hasWarned = false;
    const onForgotten = (keys: number) => {
      metrics.addError(`${id}:key_forgotten`, keys);
      if (!hasWarned) log.warn({ stage: id, code: 'key_forgotten' }, tooManyKeys(memory));
      hasWarned = true;
    };
    return new StageMemory({ memory, onForgotten, file: isKept ? this.#file(id, memory) : undefined });
  }

  #file(stage: string, { rule }: KeyMemory): KeyFile {
    const { storage, folder, log, failing } = this.#options;
    return new KeyFile({ storage, folder: join(folder, 'memories', stage), rule, log, signal: failing });
  }
}

function tooManyKeys({ maxKeys }: KeyMemory): string {
  return `more than ${maxKeys} keys at a time: the oldest are forgotten before their time; raise max_keys`;
}
