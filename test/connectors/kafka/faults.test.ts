import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, KAFKA } from '../../support/brokers.js';
import { prepareRun } from '../../support/run-pipeline.js';
import { blockOf, openSink, unique, untilWritten } from './kafka-support.js';
import { OwnBroker } from './own-broker.js';

const run = promisify(execFile);
const describeKafka = await describeWith(KAFKA);
const PORT = 9292;

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(20);
}

describeKafka('kafka: a broker that fails', { timeout: 120_000 }, () => {
  let broker: OwnBroker;
  beforeAll(async () => {
    broker = await OwnBroker.start(PORT);
  }, 120_000);
  afterAll(async () => {
    await broker.close();
  }, 60_000);

  const read = async (topic: string): Promise<string[]> => {
    const args = ['-b', broker.address, '-C', '-t', topic, '-e', '-q'];
    const { stdout } = await run('kcat', args, { maxBuffer: 64 * 2 ** 20 });
    return stdout.split('\n').filter((line) => line !== '');
  };
  const linesOf = (path: string): string[] => {
    try {
      return readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
    } catch {
      return [];
    }
  };

  it('is killed and comes back while a pipeline writes and another reads: each record once, in order', async () => {
    const topic = unique('topic');
    const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
    const input = join(folder, 'in.txt');
    writeFileSync(input, '');
    const writer = await prepareRun(
      `
name: writer
sources:
  in: { type: file, paths: ["${input}"], follow: true, poll_interval: 10ms }
sinks:
  out: { type: kafka, inputs: [in], brokers: ["${broker.address}"], topic: ${topic}, key: k, format: lines }
`,
      join(folder, 'writer.yaml'),
    );
    const writing = writer.run();
    const append = (from: number, to: number) =>
      appendFileSync(input, Array.from({ length: to - from }, (_, i) => `${from + i}\n`).join(''));
    append(0, 1000);
    const reader = await prepareRun(
      `
name: reader
sources:
  in: { type: kafka, brokers: ["${broker.address}"], topics: [${topic}], session_timeout: 6s }
sinks:
  out: { type: file, inputs: [in], path: "${folder}/out.txt", format: lines }
`,
      join(folder, 'reader.yaml'),
    );
    const reading = reader.run();
    const out = join(folder, 'out.txt');
    await until(() => linesOf(out).length >= 1000);
    const killing = broker.kill();
    append(1000, 3000);
    await killing;
    append(3000, 4000);
    await broker.start();
    await until(() => linesOf(out).length >= 4000);
    writer.drain();
    reader.drain();
    await Promise.all([writing, reading]);
    const all = Array.from({ length: 4000 }, (_, n) => String(n));
    expect(linesOf(out)).toEqual(all);
    expect(await read(topic)).toEqual(all);
  });

  it('has its answers cut off after byte b: what is sent again is written once, and nothing is lost', async () => {
    const topic = unique('topic');
    const sink = await openSink({ brokers: [broker.address], topic });
    const expected: string[] = [];
    for (let b = 0; b < 60; b++) {
      const values = Array.from({ length: 20 }, (_, i) => `${b}.${i} ${'x'.repeat(100)}`);
      const block = blockOf(
        topic,
        values.map((value) => Buffer.from(value)),
      );
      broker.network.cutsOver = 2000;
      if (b > 0) broker.network.cutAfterBytes = b;
      expect(await untilWritten(sink, block)).toEqual([]);
      expected.push(...values);
    }
    await sink.close();
    expect(broker.network.cuts).toBeGreaterThan(20);
    broker.network.cutAfterBytes = Number.POSITIVE_INFINITY;
    const written = await read(topic);
    expect(written.length).toBe(expected.length);
    expect(written.sort()).toEqual(expected.sort());
  });

  it('says nothing for a while: writing goes on when it speaks again', async () => {
    const topic = unique('topic');
    const sink = await openSink({ brokers: [broker.address], topic });
    expect(await untilWritten(sink, blockOf(topic, [Buffer.from('before')]))).toEqual([]);
    broker.network.isSilent = true;
    const block = blockOf(topic, [Buffer.from('while')]);
    const writing = untilWritten(sink, block);
    await sleep(2000);
    broker.network.isSilent = false;
    expect(await writing).toEqual([]);
    await sink.close();
    // They may be in two partitions.
    expect((await read(topic)).sort()).toEqual(['before', 'while']);
  });
});
