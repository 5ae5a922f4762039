import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Chunk, Outlet, SinkDefinition, SourceDefinition } from '../../src/component/index.js';
import { MillraceError } from '../../src/component/index.js';
import type { Metrics } from '../../src/runtime/index.js';
import { prepareRun, runInThread } from '../support/run-pipeline.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const state = `runtime: { state: ${folder}/state }`;

function input(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

/** Every stage: in = out + dropped + dead letters. Every inbox: what its inputs put out = in + dropped by the queue. */
function expectSums(metrics: Metrics, inputs: Readonly<Record<string, readonly string[]>>): void {
  for (const [id, stage] of metrics.stages) {
    expect(stage.recordsIn, id).toBe(stage.recordsOut + stage.dropped + stage.deadLettered);
    if (!inputs[id]) continue;
    const sent = inputs[id].reduce((sum, from) => sum + metrics.stage(from).recordsOut, 0);
    expect(stage.recordsIn + stage.droppedByQueue, id).toBe(sent);
  }
}

/** A source of `chunks` times `chunkBytes` of lines that counts the bytes that it was lent. */
function flood(chunks: number, chunkBytes: number): SourceDefinition {
  const line = `${'x'.repeat(99)}\n`;
  async function* read(outlet: Outlet): AsyncGenerator<Chunk> {
    for (let i = 0; i < chunks; i++) {
      const bytes = new Uint8Array(await outlet.lend(chunkBytes), 0, chunkBytes - (chunkBytes % 100));
      Buffer.from(bytes.buffer, 0, bytes.length).fill(line);
      yield { partition: { source: 'in', name: 'flood' }, bytes, offset: i * bytes.length, readAtMs: 0 };
    }
  }
  return {
    kind: 'source',
    name: 'flood',
    summary: 'For tests.',
    fields: [{ name: 'format', summary: 'Decoder.', type: { kind: 'any' }, default: { type: 'lines' } }],
    example: 'type: flood',
    create: () => ({ read, close: async () => {} }),
  };
}

function sink(name: string, write: (records: number) => Promise<void>): SinkDefinition {
  return {
    kind: 'sink',
    name,
    summary: 'For tests.',
    fields: [{ name: 'format', summary: 'Encoder.', type: { kind: 'any' }, default: { type: 'json' } }],
    example: `type: ${name}`,
    create: () => ({
      write: ({ records }) => write(records),
      open: async () => null,
      prepare: async () => ({ state: null, durable: async () => {} }),
      close: async () => {},
    }),
  };
}

describe('a run', () => {
  it('stops at a record where a stage says so, and says which', async () => {
    const path = input('stop.ndjson', ['{"a":1}', '{"a":"x"}', '{"a":3}']);
    const yaml = `
sources: { in: { type: file, paths: ["${path}"], format: json } }
transforms: { m: { type: map, inputs: [in], set: { b: a + 1 }, on_error: stop } }
sinks: { out: { type: blackhole, inputs: [m] } }
${state}`;
    const failure = await runInThread(yaml, 'stop.yaml').catch((error) => error);
    expect(failure).toBeInstanceOf(MillraceError);
    expect(failure.code).toBe('expression_failed');
    expect(failure.message).toContain('stage "m" failed on the record at byte 8 of');
    expect(failure.message).toContain('stop.ndjson');
  });

  it('touches nothing when a sink would write what a source reads, or what another sink writes', async () => {
    const path = input('both.log', ['a', 'b']);
    const other = join(folder, 'other.out');
    symlinkSync(path, join(folder, 'link.log'));
    const sinks = (one: string, two: string) => `
sources: { in: { type: file, paths: ["${folder}/both.*"] } }
sinks:
  one: { type: file, inputs: [in], path: ${one}, mode: overwrite }
  two: { type: file, inputs: [in], path: ${two}, mode: overwrite }
${state}`;
    for (const yaml of [
      sinks(other, join(folder, 'link.log')),
      sinks(other, `${folder}/state/../other.out`),
    ]) {
      const failure = await runInThread(yaml, 'both.yaml').catch((error) => error);
      expect(failure.code).toBe('claimed_twice');
      expect(existsSync(other)).toBe(false);
      expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
    }
    await runInThread(sinks('/dev/null', '/dev/null'), 'both.yaml');
  });

  it('ends when a followed source finds what a sink of the same run writes', async () => {
    input('grows.1', ['a']);
    const yaml = `
sources: { in: { type: file, paths: ["${folder}/grows.*"], follow: true, poll_interval: 5ms } }
sinks: { out: { type: file, inputs: [in], path: "${folder}/grows.2", format: lines } }
${state}`;
    const failure = await runInThread(yaml, 'grows.yaml').catch((error) => error);
    expect(failure.message).toContain('grows.2');
    expect(failure.code).toBe('claimed_twice');
    // It may have been found before or after the first record was written, but nothing was read out of it again.
    expect(['', 'a\n']).toContain(readFileSync(join(folder, 'grows.2'), 'utf8'));
  });

  it('looks at timers and signals although no stage ever waits', async () => {
    const yaml = `
sources: { in: { type: generate } }
sinks: { out: { type: blackhole, inputs: [in] } }
${state}`;
    const run = await prepareRun(yaml, 'busy.yaml');
    const looks = setInterval(() => run.metrics.stage('out').recordsIn > 0 && run.drain(), 1);
    await run.run();
    clearInterval(looks);
    expect(run.metrics.stage('out').recordsIn).toBeGreaterThan(0);
  });

  it('stops when more than max_share of the last records fail', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => (i % 3 === 0 ? 'broken' : '{}'));
    const yaml = (share: number) => `
sources: { in: { type: file, paths: ["${input('share.ndjson', lines)}"], format: json } }
sinks: { out: { type: blackhole, inputs: [in] } }
dead_letter: { max_share: ${share} }
${state}`;
    const failure = await runInThread(yaml(0.3), 'share.yaml', { batchBytes: 4096 }).catch((error) => error);
    expect(failure.code).toBe('too_many_failures');
    expect(failure.message).toContain('33.3 % of the last records');
    const metrics = await runInThread(yaml(0.4), 'share.yaml', { batchBytes: 4096 });
    expect(metrics.deadLetters).toBe(1667);
  });

  it('counts what a full queue drops, and drops nothing else', async () => {
    const slow = sink('slow', () => turn());
    for (const policy of ['drop_newest', 'drop_oldest']) {
      const yaml = `
sources: { in: { type: flood } }
sinks: { out: { type: slow, inputs: [in], queue: { type: memory, max_bytes: 64KiB, when_full: ${policy} } } }
${state}`;
      const metrics = await runInThread(yaml, 'drop.yaml', { sources: [flood(200, 32768)], sinks: [slow] });
      expectSums(metrics, { out: ['in'] });
      expect(metrics.stage('in').recordsOut).toBe(200 * 327);
      expect(metrics.stage('out').droppedByQueue).toBeGreaterThan(0);
      expect(metrics.stage('out').recordsIn).toBeGreaterThan(0);
    }
  });

  it('ends with the error of a sink that fails, whatever else is under way', async () => {
    let writes = 0;
    const failing = sink('failing', async () => {
      if (++writes === 5) throw new MillraceError('disk_full', 'no room is left', { blame: 'external' });
    });
    const yaml = `
sources: { in: { type: flood } }
transforms: { f: { type: filter, inputs: [in], where: 'true', queue: memory } }
sinks:
  bad: { type: failing, inputs: [f] }
  good: { type: blackhole, inputs: [in] }
${state}`;
    const options = { sources: [flood(1000, 32768)], sinks: [failing], batchBytes: 32768 };
    const failure = await runInThread(yaml, 'failing.yaml', options).catch((error) => error);
    expect(failure.code).toBe('disk_full');
    expect(writes).toBe(5);
  });

  it('empties an output for which there are no records, and makes no file of no dead letters', async () => {
    const out = input('nothing.ndjson', ['{"from":"an earlier run"}']);
    const yaml = (path: string) => `
name: nothing
sources: { in: { type: file, paths: ["${path}"], format: json } }
transforms: { f: { type: filter, inputs: [in], where: 'false' } }
sinks: { out: { type: file, inputs: [f], path: ${out}, format: json, mode: overwrite } }
${state}`;
    await runInThread(yaml(join(folder, 'missing.ndjson')), 'nothing.yaml').catch(() => {});
    expect(readFileSync(out, 'utf8')).not.toBe('');
    await runInThread(yaml(input('some.ndjson', ['{}', '{}'])), 'nothing.yaml');
    expect(readFileSync(out, 'utf8')).toBe('');
    expect(readdirSync(join(folder, 'state', 'nothing', 'segments', 'in'))).toEqual(['checkpoints']);
  });

  it('drains: what was read is written, and the sums add up', async () => {
    const out = join(folder, 'drained.ndjson');
    const yaml = `
sources: { in: { type: generate, kind: app_json, rate: 100000, format: json } }
sinks: { out: { type: file, inputs: [in], path: ${out}, format: json } }
${state}`;
    const run = await prepareRun(yaml, 'drain.yaml');
    const ended = run.run();
    while (run.metrics.stage('out').recordsOut === 0) await turn();
    run.drain();
    await ended;
    expectSums(run.metrics, { out: ['in'] });
    const lines = readFileSync(out, 'utf8').split('\n').slice(0, -1);
    expect(lines.length).toBe(run.metrics.stage('in').recordsIn);
  });

  it('holds no more memory for much input than for little, however slow the sink', async () => {
    const peakOf = async (chunks: number): Promise<number> => {
      let peak = 0;
      let first: number | undefined;
      const slow = sink('slow', async () => {
        await turn();
        const held = process.memoryUsage().arrayBuffers;
        first ??= held;
        peak = Math.max(peak, held - first);
      });
      const yaml = `
sources: { in: { type: flood } }
transforms: { m: { type: map, inputs: [in], add: { n: 1 }, queue: { type: memory, max_bytes: 256KiB } } }
sinks: { out: { type: slow, inputs: [m], queue: { type: memory, max_bytes: 256KiB } } }
${state}`;
      await runInThread(yaml, 'flood.yaml', {
        sources: [flood(chunks, 65536)],
        sinks: [slow],
        batchBytes: 65536,
      });
      return peak;
    };
    await peakOf(50);
    const little = await peakOf(100);
    const much = await peakOf(2000);
    // Buffers that are no longer used but not yet collected count too, hence the margin.
    expect(much).toBeLessThan(little + 16 * 1024 * 1024);
  });
});
