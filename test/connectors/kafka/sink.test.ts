import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { describeWith, KAFKA, KAFKA_BROKER } from '../../support/brokers.js';
import { runInThread } from '../../support/run-pipeline.js';
import { blockOf, kcat, makeTopic, openSink, readAll, source, unique } from './kafka-support.js';

const describeKafka = await describeWith(KAFKA);
const run = promisify(execFile);

/** Sends the documents through a pipeline into a kafka sink with these options. */
async function sendAll(documents: readonly object[], options: string, format = 'json') {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  writeFileSync(join(folder, 'in.ndjson'), documents.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const yaml = `
name: sink
sources:
  in: { type: file, paths: ["${folder}/in.ndjson"], format: json, max_line_bytes: 16MiB }
sinks:
  out:
    type: kafka
    inputs: [in]
    brokers: ["${KAFKA_BROKER}"]
    format: ${format}
    ${options.trim().replaceAll('\n', '\n    ')}
`;
  return runInThread(yaml, join(folder, 'pipeline.yaml'));
}

describeKafka('kafka sink', () => {
  it('writes each record as a message, in order, with key and headers, and leaves out headers that are null', async () => {
    const topic = await makeTopic();
    const documents = Array.from({ length: 300 }, (_, n) => ({
      n,
      host: `h${n % 3}`,
      ...(n % 2 === 0 && { even: 'é"' }),
    }));
    await sendAll(
      documents,
      `topic: ${topic}\nkey: "{host}"\nheaders: { id: "{meta.id}", even: "{even}", text: "n={n}" }`,
    );
    const written = await kcat(topic);
    expect(written.map(({ payload }) => JSON.parse(payload!) as unknown)).toEqual(documents);
    expect(written.map(({ key }) => key)).toEqual(documents.map(({ host }) => host));
    const headers = written.map((one) => one.headers!);
    expect(headers[0]!.slice(2)).toEqual(['even', 'é"', 'text', 'n=0']);
    expect(headers[1]!.slice(2)).toEqual(['text', 'n=1']);
    expect(new Set(headers.map(([name, id]) => `${name} ${id}`)).size).toBe(documents.length);
  });

  it('keeps the order of each key over many partitions, and chooses them as the Java producer does', async () => {
    const topic = await makeTopic(5);
    const keys = ['a', 'ab', 'abc', 'abcd', 'abcde', 'schlüssel', '漢字', 'x'.repeat(100)];
    const documents = Array.from({ length: 400 }, (_, n) => ({ n, key: keys[n % keys.length]! }));
    await sendAll(documents, `topic: ${topic}\nkey: "{key}"`);
    const written = await kcat(topic);
    const java = await makeTopic(5);
    await consoleProducer(java, keys);
    const partitions = new Map((await kcat(java)).map(({ key, partition }) => [key, partition]));
    for (const key of keys) {
      const own = written.filter((one) => one.key === key);
      expect(new Set(own.map(({ partition }) => partition))).toEqual(new Set([partitions.get(key)]));
      const numbers = own.map(({ payload }) => (JSON.parse(payload!) as { n: number }).n);
      expect(numbers).toEqual(documents.filter((one) => one.key === key).map(({ n }) => n));
    }
  });

  it.each(['none', 'gzip', 'snappy', 'lz4'])(
    'is read by others when it compresses with %s',
    async (compression) => {
      const topic = await makeTopic(2);
      const documents = Array.from({ length: 500 }, (_, n) => ({ n, text: 'alike '.repeat(10) }));
      await sendAll(documents, `topic: ${topic}\ncompression: ${compression}\nmax_batch_bytes: 10000`);
      const numbers = (await kcat(topic)).map(({ payload }) => (JSON.parse(payload!) as { n: number }).n);
      expect(numbers.sort((a, b) => a - b)).toEqual(documents.map(({ n }) => n));
    },
  );

  it('writes to topics that records name, which the brokers make', async () => {
    const prefix = unique('made');
    await sendAll(
      [
        { to: 'a', n: 1 },
        { to: 'b', n: 2 },
        { to: 'a', n: 3 },
      ],
      `topic: "${prefix}-{to}"`,
    );
    expect((await kcat(`${prefix}-a`)).map(({ payload }) => payload)).toEqual([
      '{"to":"a","n":1}',
      '{"to":"a","n":3}',
    ]);
    expect(await kcat(`${prefix}-b`)).toHaveLength(1);
  });

  it('writes to the partition that an expression gives', async () => {
    const topic = await makeTopic(4);
    await sendAll(
      [0, 1, 2, 3].map((n) => ({ n })),
      `topic: ${topic}\npartition: 3 - n`,
    );
    const written = await kcat(topic);
    expect(written.map(({ payload, partition }) => [payload, partition]).sort()).toEqual(
      [0, 1, 2, 3].map((n) => [`{"n":${n}}`, 3 - n]),
    );
  });

  it('refuses single records, and writes the others', async () => {
    const topic = await makeTopic(2);
    const documents = [{ n: 0 }, { n: 9 }, { n: 1 }, { n: 'x' }, { n: 1 }];
    const sent = await sendAll(documents, `topic: ${topic}\npartition: n`);
    expect((await kcat(topic)).map(({ payload }) => payload).sort()).toEqual([
      '{"n":0}',
      '{"n":1}',
      '{"n":1}',
    ]);
    expect(sent.stage('out').deadLettered).toBe(2);
    const named = await sendAll([{ t: 'no name!' }, { t: topic }], 'topic: "{t}"');
    expect(named.stage('out').deadLettered).toBe(1);
    expect(await kcat(topic)).toHaveLength(4);
  });

  it('refuses messages that are larger than the topic takes, alone, and writes those around them', async () => {
    const topic = await makeTopic(1, { 'max.message.bytes': '20000' });
    const documents = Array.from({ length: 60 }, (_, n) => ({
      n,
      text: 'x'.repeat(n === 30 ? 30_000 : 1000),
    }));
    const sent = await sendAll(documents, `topic: ${topic}`);
    const numbers = (await kcat(topic)).map(({ payload }) => (JSON.parse(payload!) as { n: number }).n);
    expect(numbers).toEqual(documents.map(({ n }) => n).filter((n) => n !== 30));
    expect(sent.stage('out').deadLettered).toBe(1);
  });

  it('writes messages of 8 MiB and of nothing', async () => {
    const topic = await makeTopic(1, { 'max.message.bytes': String(9 * 2 ** 20) });
    const values = [Buffer.alloc(0), Buffer.alloc(8 * 2 ** 20, 'large '), Buffer.from('after')];
    const sink = await openSink({ topic });
    expect(await sink.write(blockOf(topic, values), new AbortController().signal)).toEqual([]);
    await sink.close();
    const { seen } = await readAll(source({ topics: [topic] }));
    expect(seen.map(({ value }, i) => value.equals(values[i]!))).toEqual([true, true, true]);
  });
});

/** Lets Java's producer choose the partitions of keys. */
async function consoleProducer(topic: string, keys: readonly string[]): Promise<void> {
  const { stdout } = await run('.ci/kafka/broker', ['classpath']);
  const java = execFile('java', [
    '-Dfile.encoding=UTF-8',
    '-cp',
    stdout.trim(),
    'kafka.tools.ConsoleProducer',
    ...['--bootstrap-server', KAFKA_BROKER, '--topic', topic],
    ...['--property', 'parse.key=true', '--property', 'key.separator=|'],
  ]);
  java.stdin!.end(keys.map((key) => `${key}|v\n`).join(''));
  const code = await new Promise((resolve) => java.once('exit', resolve));
  expect(code).toBe(0);
}
