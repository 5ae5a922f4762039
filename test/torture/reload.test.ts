import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.js';
import { checkSums } from '../../src/cli/sums.js';
import type { Sink, SinkDefinition } from '../../src/component/index.js';
import type { Run } from '../../src/runtime/index.js';
import { lines, temporaryFolder } from '../cli/support.js';
import { prepareParts, type RunInThreadOptions, runInThread, versionOf } from '../support/run-pipeline.js';
import { scale, seedOf, uniform } from './seeds.js';

const RELOADS = 20 * scale();
/** More than are read meanwhile, however busy the machine is; the last version reads the rest without a limit. */
const RECORDS_A_RELOAD = 1500;
const RATE = 2000;

type Below = (limit: number) => number;

/** In front of which stages there is a queue on disk; which stages there are more; and numbers. Nothing of what is written depends on it. */
interface Choices {
  readonly queues: readonly boolean[];
  readonly more: readonly boolean[];
  readonly numbers: readonly number[];
}

const FIRST: Choices = { queues: Array(6).fill(true), more: [false, false], numbers: [0, 0, 0] };

/** One thing is different: a queue, a stage, or most often a number. */
function changed(choices: Choices, below: Below): Choices {
  const flipped = (flags: readonly boolean[]): boolean[] => {
    const at = below(flags.length);
    return flags.map((flag, i) => (i === at ? !flag : flag));
  };
  const { queues, more, numbers } = choices;
  const which = below(8);
  if (which < 2) return { ...choices, queues: flipped(queues) };
  if (which === 2) return { ...choices, more: flipped(more) };
  const at = below(numbers.length);
  return { ...choices, numbers: numbers.map((n, i) => (i === at ? n + 1 : n)) };
}

/** A pipeline that always writes the same, by ways that are chosen. */
function pipelineOf({ queues, more, numbers }: Choices, folder: string, state: string, rate: string): string {
  const count = RECORDS_A_RELOAD * RELOADS;
  let next = 0;
  const queue = () => (queues[next++] ? ', queue: disk' : '');
  const source = (seed: number) =>
    `{ type: generate, kind: access_log, count: ${count}, seed: ${seed}, format: combined${rate} }`;
  const sink = (id: string, inputs: string) =>
    `{ type: file, inputs: [${inputs}], path: ${join(folder, id)}, format: json${queue()} }`;
  return `
name: reloaded
runtime: { state: ${state}, memory: ${numbers[2]! > 2 ? 128 : 64}MiB }
sources: { a: ${source(1)}, b: ${source(2)} }
transforms:
  x: { type: filter, inputs: [a], where: status > ${numbers[0]! % 100}${queue()} }
  y: { type: map, inputs: [b], set: { w: status + ${numbers[1]} }${queue()} }
  z: { type: map, inputs: [${more[0] ? 'kept' : 'y'}], drop: [w]${queue()} }
${more[0] ? '  kept: { type: filter, inputs: [y], where: w > -1 }' : ''}
${more[1] ? '  passed: { type: filter, inputs: [x], where: status > 0 }' : ''}
sinks:
  of_a: ${sink('of_a', more[1] ? 'passed' : 'x')}
  of_b: ${sink('of_b', 'z')}
  both: ${sink('both', 'x, z')}
`;
}

interface Reloads {
  readonly reloaded: number;
  readonly refused: number;
  /** Segments that went on, in all reloads together. */
  readonly kept: number;
  readonly longestMs: number;
}

/** Lets a run go over to one version after the other, and then come to its end. */
async function reloadAll(
  run: Run,
  next: () => { readonly yaml: string; readonly onReloaded?: () => void },
  options: RunInThreadOptions,
  pauseMs: () => number,
): Promise<Reloads & { readonly last: ReturnType<typeof versionOf> | undefined }> {
  let [reloaded, refused, kept, longestMs] = [0, 0, 0, 0];
  let last: ReturnType<typeof versionOf> | undefined;
  for (let i = 0; i < RELOADS; i++) {
    await sleep(pauseMs());
    const { yaml, onReloaded } = next();
    const version = versionOf(yaml, 'pipeline.yaml', options);
    const beganMs = performance.now();
    // As the command line asks: a queue that would be left behind keeps the version before.
    const lacks = () =>
      [...run.queueLag()].some(([id, waiting]) => waiting > 0 && !version.plan.queues.has(id));
    const obstacle = () => (lacks() ? 'records would be left behind' : undefined);
    const result = await run.reload({ ...version, obstacle, onDrained: () => {} });
    longestMs = Math.max(longestMs, performance.now() - beganMs);
    if (result.outcome === 'over') throw new Error('the run was over before all reloads');
    if (result.outcome === 'refused') refused++;
    else {
      onReloaded?.();
      reloaded++;
      kept += result.kept.size;
      last = version;
    }
  }
  return { reloaded, refused, kept, longestMs, last };
}

/** Goes over to a version whose sources read as fast as they can. */
async function finish(run: Run, version: ReturnType<typeof versionOf>): Promise<void> {
  const { outcome } = await run.reload({ ...version, obstacle: () => undefined, onDrained: () => {} });
  expect(outcome).toBe('reloaded');
}

const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
const sorted = (text: string) => lines(text).sort();
const NONE = { lost: 0, repeated: 0, firstAt: -1 };

/** How two outputs differ, in records, and the first line in which they do. */
function differences(written: string, truth: string): typeof NONE {
  const [got, wanted] = [lines(written), lines(truth)];
  const [known, expected] = [new Set(got), new Set(wanted)];
  return {
    lost: [...expected].filter((line) => !known.has(line)).length,
    repeated: got.length - known.size - (wanted.length - expected.size),
    firstAt: written === truth ? -1 : wanted.findIndex((line, i) => line !== got[i]),
  };
}

const messagesOf = (written: readonly string[]) =>
  written.map((line) => (JSON.parse(line) as { message: string }).message);

describe('reloads under load', { timeout: 600_000 }, () => {
  it('between random versions lose and repeat nothing, and what has not changed goes on', async () => {
    const seed = seedOf('reload');
    const below = uniform(seed);
    const [folder, state, truth, other] = [1, 2, 3, 4].map(() => temporaryFolder()) as [
      string,
      string,
      string,
      string,
    ];
    await runInThread(pipelineOf(FIRST, truth, other, ''), 'pipeline.yaml');
    const options = { checkpointMs: 20 };
    let now = FIRST;
    const yamlOf = (choices: Choices, rate = `, rate: ${RATE}`) => pipelineOf(choices, folder, state, rate);
    const version = () => {
      const choices = changed(now, below);
      const onReloaded = () => {
        now = choices;
      };
      return { yaml: yamlOf(choices), onReloaded };
    };
    const { run, plan } = await prepareParts(yamlOf(FIRST), 'pipeline.yaml', options);
    const running = run.run();
    const reloading = reloadAll(run, version, options, () => below(60)).then(async (done) => {
      await finish(run, versionOf(yamlOf(now, ''), 'pipeline.yaml', options));
      return done;
    });
    const [reloads] = await Promise.all([reloading, running]);
    const what = `seed ${seed}, ${JSON.stringify({ ...reloads, last: undefined })}`;
    expect(reloads.longestMs, what).toBeLessThan(10_000);
    expect(reloads.reloaded, what).toBeGreaterThan(0);
    expect(reloads.kept, what).toBeGreaterThan(0);
    for (const id of ['of_a', 'of_b'])
      expect(differences(read(folder, id), read(truth, id)), `${id}, ${what}`).toEqual(NONE);
    expect(sorted(read(folder, 'both')), what).toEqual(sorted(read(truth, 'both')));
    expect(checkSums(reloads.last?.plan ?? plan, run.metrics).sentence, what).toContain(
      'every record is accounted for',
    );
  });

  it('with a sink that fails and hangs come to their end in time, and lose and repeat nothing', async () => {
    const seed = seedOf('reload with a failing sink');
    const below = uniform(seed);
    const state = temporaryFolder();
    const written: string[] = [];
    let hangsOnce = false;
    const count = RECORDS_A_RELOAD * RELOADS;
    const version = (folder = state, rate = `, rate: ${RATE / 2}`, hasQueue = below(2) === 1) => `
name: failing
runtime: { state: ${folder} }
sources: { a: { type: generate, kind: access_log, count: ${count}, seed: 1${rate} } }
transforms: { x: { type: map, inputs: [a], set: { v: "${below(4)}" }${hasQueue ? ', queue: disk' : ''} } }
sinks: { out: { type: flaky, inputs: [x], on_error: { retry: { attempts: 100000, backoff: 1ms, max_backoff: 5ms } } } }
`;
    const truth: string[] = [];
    await runInThread(version(temporaryFolder(), ''), 'pipeline.yaml', {
      sinks: [
        flakySink(
          truth,
          () => 1,
          () => false,
        ),
      ],
    });
    const options = { checkpointMs: 20, sinks: [flakySink(written, below, () => hangsOnce)] };
    const { run } = await prepareParts(version(), 'pipeline.yaml', options);
    const running = run.run();
    let done = 0;
    const next = () => {
      hangsOnce = ++done % 10 === 0;
      return { yaml: version() };
    };
    const reloads = await reloadAll(run, next, options, () => {
      hangsOnce = false;
      return below(60);
    });
    hangsOnce = false;
    // With the queue: something may wait in it.
    await finish(run, versionOf(version(state, '', true), 'pipeline.yaml', options));
    await running;
    const what = `seed ${seed}, ${JSON.stringify({ ...reloads, last: undefined })}`;
    expect(reloads.longestMs, what).toBeLessThan(10_000);
    expect(messagesOf(written), what).toEqual(messagesOf(truth));
  });
});

/** Keeps lines in memory, can be taken back, fails one time of four, and hangs while it is told to. */
function flakySink(written: string[], below: Below, hangs: () => boolean): SinkDefinition {
  const create = (): Sink => ({
    open: async (state) => {
      written.length = (state as number | undefined) ?? 0;
      return written.length;
    },
    write: async ({ bytes }, signal) => {
      while (hangs()) await sleep(10, undefined, { signal });
      if (below(4) === 0)
        throw new MillraceError('flaky', 'it fails now and then', { blame: 'external', retryable: true });
      written.push(...lines(Buffer.from(bytes).toString()));
    },
    prepare: async () => ({ state: written.length, durable: async () => {} }),
    close: async () => {},
  });
  return {
    kind: 'sink',
    name: 'flaky',
    summary: 'Fails.',
    fields: [{ name: 'format', summary: 'Encoder.', type: { kind: 'any' }, default: { type: 'json' } }],
    example: 'type: flaky\n',
    keepsState: true,
    create,
  };
}
