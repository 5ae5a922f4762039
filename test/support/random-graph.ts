import { type Chunk, formatField, type SourceDefinition } from '#component';
import { type Uniform, uniform } from '../torture/seeds.js';
import { planProblems, type RunInThreadOptions } from './run-pipeline.js';

/** All as long, so that each has its place. */
const lineOf = (source: string, n: number) => `${source} ${String(n).padStart(4, '0')}\n`;

/** A source of lines `<stage> 0000`, `<stage> 0001`, …, always the same ones, in chunks of a few. */
export function numbersSource(
  recordsPerSource: number,
  random: Uniform,
  beforeChunk: () => Promise<void>,
): SourceDefinition {
  return {
    kind: 'source',
    name: 'numbers',
    summary: 'Counts.',
    fields: [formatField('decoder', 'lines')],
    example: 'type: numbers\n',
    create: (_, { stage }) => ({
      async *read(outlet, signal, from) {
        let next = (from.get('all') as number | undefined) ?? 0;
        while (next < recordsPerSource && !signal.aborted) {
          const count = Math.min(1 + random(5), recordsPerSource - next);
          const text = Array.from({ length: count }, (_, i) => lineOf(stage, next + i)).join('');
          const buffer = await outlet.lend(text.length);
          await beforeChunk();
          const bytes = new Uint8Array(buffer, 0, text.length) as Chunk['bytes'];
          bytes.set(Buffer.from(text));
          const offset = next * lineOf(stage, 0).length;
          next += count;
          const partition = { source: stage, name: 'all' };
          yield { partition, bytes, offset, readAtMs: 0, resume: { key: 'all', position: next } };
        }
      },
      close: () => Promise.resolve(),
    }),
  };
}

export interface RandomGraphOptions {
  readonly state: string;
  /** What stands for a sink beside its inputs: `type: file, path: …`. */
  readonly sink: (id: string, random: Uniform) => string;
  /** What stands for a transform beside its inputs; one of TRANSFORMS otherwise. */
  readonly transform?: (random: Uniform) => string;
  readonly components: RunInThreadOptions;
}

/** They pass everything, but for what comes twice because there are two ways. */
const TRANSFORMS = [
  "type: filter, where: 'true'",
  'type: dedupe, key: message',
  'type: dedupe, max_keys: 100000',
  'type: throttle, rate: 1000, per: 100h, key: message',
];
const QUEUES = [undefined, undefined, 'memory', 'spill', 'disk', 'disk in parts'] as const;
const OPTIONS = {
  memory: ', queue: { type: memory, max_bytes: 4KiB }',
  spill: ', queue: { type: memory, max_bytes: 4KiB, when_full: spill }',
  disk: ', queue: disk',
  'disk in parts': ', queue: { type: disk, partitions: 3, key: message, sync: always }',
};

/**
 * Stages joined at random: every transform and sink reads one or several of those before it.
 * @param inMemory stages that have no queue on disk, whatever chance says
 */
export function randomGraph(
  seed: number,
  options: RandomGraphOptions,
  inMemory: ReadonlySet<string> = new Set(),
): string {
  const { state, sink, transform = (random) => TRANSFORMS[random(TRANSFORMS.length)]!, components } = options;
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
    const line = `  t${i}: { ${transform(random)}, inputs: ${pick(passing)}${queueOf(`t${i}`)} }`;
    passing.push(`t${i}`);
    return line;
  });
  const sinks = Array.from({ length: 1 + random(3) }, (_, i) => {
    // The last one takes all, so that no stage is without a reader.
    const inputs = i === 0 ? `[${passing.join(', ')}]` : pick(passing);
    return `  k${i}: { ${sink(`k${i}`, random)}, inputs: ${inputs}${queueOf(`k${i}`)} }`;
  });
  const yaml = `name: random
sources:
${sources.map((name) => `  ${name}: { type: numbers }`).join('\n')}
${transforms.length > 0 ? `transforms:\n${transforms.join('\n')}\n` : ''}sinks:
${sinks.join('\n')}
runtime: { state: "${state}", checkpoint: 10ms, batch: { max_bytes: 4KiB } }
`;
  const returning = planProblems(yaml, components).map(({ stage }) => stage.id);
  return returning.length === 0 ? yaml : randomGraph(seed, options, new Set([...inMemory, ...returning]));
}

/** How often each line is there. */
export function counted(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of text.split('\n').slice(0, -1)) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}
