import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { formatField, type Sink, type SinkDefinition } from '#component';
import { runs } from '../support/property.js';
import { counted, numbersSource, randomGraph } from '../support/random-graph.js';
import { prepareRun } from '../support/run-pipeline.js';
import { scale, type Uniform, uniform } from '../torture/seeds.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What lies outside of the process and outlives it: inputs that never change, outputs that grow. */
class World {
  readonly random: Uniform;
  readonly recordsPerSource: number;
  readonly outputs = new Map<string, string>();
  /** So many operations of sources and sinks later, the next one fails; the run ends as in a crash. */
  operationsLeft = Number.POSITIVE_INFINITY;

  constructor(seed: number) {
    this.random = uniform(seed);
    this.recordsPerSource = 50 + this.random(300);
  }

  async operation(): Promise<void> {
    for (let turns = this.random(4); turns > 0; turns--) await turn();
    if (this.operationsLeft-- <= 0) throw new Error('the crash');
  }

  components() {
    return {
      sources: [numbersSource(this.recordsPerSource, this.random, () => this.operation())],
      sinks: [this.sink()],
    };
  }

  private sink(): SinkDefinition {
    return {
      kind: 'sink',
      keepsState: true,
      name: 'memory',
      summary: 'Remembers.',
      fields: [formatField('encoder', 'lines')],
      example: 'type: memory\ninputs: [a]\n',
      create: (_, { stage }) => this.openSink(stage),
    };
  }

  private openSink(stage: string): Sink {
    const text = () => this.outputs.get(stage) ?? '';
    return {
      open: async (state) => {
        this.outputs.set(stage, text().slice(0, (state as number | undefined) ?? 0));
        return text().length;
      },
      write: async ({ bytes }) => {
        const block = Buffer.from(bytes).toString();
        const before = text();
        // Half of it may be there when the crash comes.
        this.outputs.set(stage, before + block.slice(0, this.random(block.length + 1)));
        await this.operation();
        this.outputs.set(stage, before + block);
      },
      prepare: async () => {
        await this.operation();
        return { state: text().length, durable: () => this.operation() };
      },
      close: async () => {},
    };
  }
}

/** A graph whose sinks are those of a world. */
function pipelineOf(seed: number, state: string): string {
  const sink = () => 'type: memory';
  return randomGraph(seed, { state, sink, components: new World(seed).components() });
}

/** Runs until no crash comes any more; gives what is in the outputs, and how many crashes there were. */
async function runAll(world: World, yaml: string, crashes: number): Promise<number> {
  let crashed = 0;
  for (;;) {
    world.operationsLeft = crashed < crashes ? world.random(200) : Number.POSITIVE_INFINITY;
    const run = await prepareRun(yaml, 'random.yaml', { ...world.components(), checkpointMs: 1 });
    try {
      await run.run();
      return crashed;
    } catch (error) {
      if ((error as Error).message !== 'the crash') throw error;
      crashed++;
    }
  }
}

describe('a run that ends in a crash', () => {
  it(
    'goes on where it was, with every record exactly once, in any graph',
    async () => {
      const first = Number(process.env.MILLRACE_SEED ?? 1);
      const count = process.env.MILLRACE_SEED === undefined ? runs(60) * scale() : 1;
      let crashes = 0;
      for (let seed = first; seed < first + count; seed++) {
        const state = () => {
          folders.push(mkdtempSync(join(tmpdir(), 'millrace-resume-')));
          return folders.at(-1)!;
        };
        const undisturbed = new World(seed);
        await runAll(undisturbed, pipelineOf(seed, state()), 0);
        const crashing = new World(seed);
        crashes += await runAll(crashing, pipelineOf(seed, state()), 4);
        for (const [stage, text] of undisturbed.outputs) {
          expect(counted(crashing.outputs.get(stage)!), `${stage}, seed ${seed}`).toEqual(counted(text));
        }
      }
      if (count > 1) expect(crashes).toBeGreaterThan(count);
    },
    120_000 + 120_000 * scale(),
  );
});
