import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Chunk, formatField, type Sink, type SinkDefinition, type SourceDefinition } from '#component';
import { runs } from '../support/property.js';
import { planProblems, prepareRun } from '../support/run-pipeline.js';
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
    return { sources: [this.source()], sinks: [this.sink()] };
  }

  private source(): SourceDefinition {
    const world = this;
    return {
      kind: 'source',
      name: 'numbers',
      summary: 'Counts.',
      fields: [formatField('decoder', 'lines')],
      example: 'type: numbers\n',
      create: (_, { stage }) => ({
        async *read(outlet, signal, from) {
          let next = (from.get('all') as number | undefined) ?? 0;
          while (next < world.recordsPerSource && !signal.aborted) {
            const count = Math.min(1 + world.random(5), world.recordsPerSource - next);
            const text = Array.from({ length: count }, (_, i) => `${stage} ${next + i}\n`).join('');
            const buffer = await outlet.lend(text.length);
            await world.operation();
            const bytes = new Uint8Array(buffer, 0, text.length) as Chunk['bytes'];
            bytes.set(Buffer.from(text));
            const offset = next;
            next += count;
            const partition = { source: stage, name: 'all' };
            yield { partition, bytes, offset, readAtMs: 0, resume: { key: 'all', position: next } };
          }
        },
        close: () => Promise.resolve(),
      }),
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

const QUEUES = [undefined, undefined, 'memory', 'disk', 'disk in parts'] as const;
const OPTIONS = {
  memory: ', queue: { type: memory, max_bytes: 4KiB }',
  disk: ', queue: disk',
  'disk in parts': ', queue: { type: disk, partitions: 3, key: message }',
};

/**
 * Stages joined at random: every transform and sink reads one or several of those before it.
 * @param inMemory stages that have no queue on disk, whatever chance says
 */
function pipelineOf(seed: number, state: string, inMemory: ReadonlySet<string> = new Set()): string {
  const random = uniform(seed);
  const queueOf = (stage: string): string => {
    const queue = QUEUES[random(QUEUES.length)];
    return queue === undefined || inMemory.has(stage) ? '' : OPTIONS[queue];
  };
  const pick = (from: readonly string[]): string => {
    const some = from.filter(() => random(2) === 0);
    return `[${(some.length > 0 ? some : [from[random(from.length)]!]).join(', ')}]`;
  };
  const sources = Array.from({ length: 1 + random(3) }, (_, i) => `s${i}`);
  const passing: string[] = [...sources];
  const transforms = Array.from({ length: random(4) }, (_, i) => {
    const line = `  t${i}: { type: filter, inputs: ${pick(passing)}, where: 'true'${queueOf(`t${i}`)} }`;
    passing.push(`t${i}`);
    return line;
  });
  const sinks = Array.from({ length: 1 + random(3) }, (_, i) => {
    // The last one takes all, so that no stage is without a reader.
    const inputs = i === 0 ? `[${passing.join(', ')}]` : pick(passing);
    return `  k${i}: { type: memory, inputs: ${inputs}${queueOf(`k${i}`)} }`;
  });
  const yaml = `name: random
sources:
${sources.map((name) => `  ${name}: { type: numbers }`).join('\n')}
${transforms.length > 0 ? `transforms:\n${transforms.join('\n')}\n` : ''}sinks:
${sinks.join('\n')}
runtime: { state: "${state}", checkpoint: 10ms, batch: { max_bytes: 4KiB } }
`;
  const returning = planProblems(yaml, new World(seed).components()).map(({ stage }) => stage.id);
  return returning.length === 0 ? yaml : pipelineOf(seed, state, new Set([...inMemory, ...returning]));
}

/** How often each line stands in an output, and for each source whether its lines of one path are in order. */
function counted(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of text.split('\n').slice(0, -1)) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
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
