import { setTimeout as sleep } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import { Producer } from '@platformatic/kafka';
import { expect, it } from 'vitest';
import { CountingOutlet } from '../../conformance/outlet.js';
import { describeWith, KAFKA, KAFKA_BROKER } from '../../support/brokers.js';
import {
  createTopic,
  kcatWrite,
  makeTopic,
  numbered,
  readAll,
  send,
  source,
  unique,
  valuesOf,
  withAdmin,
} from './kafka-support.js';

const describeKafka = await describeWith(KAFKA);

describeKafka('kafka source: messages', () => {
  it('reads messages whatever bytes they hold, in order, at their offsets', async () => {
    const topic = await makeTopic();
    const values = ['plain', '', 'two\nlines', 'ends in newline\n', '\0\xff', '{"a": 1}', 'é漢'];
    await send(
      topic,
      values.map((value) => ({ value: Buffer.from(value, 'latin1') })),
    );
    const { seen } = await readAll(source({ topics: [topic] }));
    expect(seen.map(({ value }) => value.toString('latin1'))).toEqual(
      values.map((one) => Buffer.from(one, 'latin1').toString('latin1')),
    );
    expect(seen.map(({ offset }) => offset)).toEqual(values.map((_, i) => i));
    expect(new Set(seen.map(({ partition }) => partition))).toEqual(new Set([`${topic}/0`]));
  });

  it('reads an empty message, one without a value and one of 8 MiB', async () => {
    const topic = await makeTopic(1, { 'max.message.bytes': String(9 * 2 ** 20) });
    const large = Buffer.alloc(8 * 2 ** 20, 'large ');
    await send(topic, [{ value: '' }, { key: 'tombstone' }]);
    await send(topic, [{ value: large }]);
    await send(topic, [{ value: 'last' }]);
    const { seen } = await readAll(source({ topics: [topic] }));
    expect(seen.map(({ value }) => value.length)).toEqual([0, 0, large.length, 4]);
    expect(seen[2]!.value.equals(large)).toBe(true);
  });

  it('says where a message is from, when it was sent, its key and its headers', async () => {
    const topic = await makeTopic(2);
    const timestampMs = Date.UTC(2026, 10, 25, 8, 5, 6, 7);
    const headers = { trace: 'a"b\\c\n', 'x-é': '漢字', empty: '' };
    await send(topic, [{ key: 'kéy', value: 'v', headers, partition: 1, timestampMs }]);
    const { seen } = await readAll(source({ topics: [topic] }));
    expect(seen[0]!.meta).toEqual({
      topic,
      partition: 1,
      time: '2026-11-25T08:05:06.007Z',
      key: 'kéy',
      headers,
    });
  });

  it('gives keys that are no UTF-8 with replacement characters', async () => {
    const topic = await makeTopic();
    await send(topic, [{ key: Buffer.from([0x61, 0xff, 0x62]), value: 'v' }]);
    const { seen } = await readAll(source({ topics: [topic] }));
    expect(seen[0]!.meta.key).toBe('a\ufffdb');
  });

  it('keeps the order of each partition, through many small buffers', async () => {
    const topic = await makeTopic(3);
    await send(topic, numbered(3000, 3));
    const { seen } = await readAll(source({ topics: [topic] }), { batchBytes: 1024 });
    expect(seen).toHaveLength(3000);
    for (let partition = 0; partition < 3; partition++) {
      const own = seen.filter((one) => one.partition === `${topic}/${partition}`);
      expect(valuesOf(own)).toEqual(Array.from({ length: 1000 }, (_, i) => String(i * 3 + partition)));
      expect(own.map(({ offset }) => offset)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    }
  });

  it('asks for no more than there is room for, and loses nothing', async () => {
    const topic = await makeTopic(2);
    await send(topic, numbered(500, 2));
    const outlet = new CountingOutlet(512, { maxBuffers: 1 });
    const { seen } = await readAll(source({ topics: [topic] }), { outlet });
    expect(outlet.mostLentBuffers).toBe(1);
    expect(outlet.lent.size).toBe(0);
    expect(
      valuesOf(seen)
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(numbered(500).map((_, i) => i));
  });

  it.each(['gzip', 'snappy', 'lz4'] as const)('reads what was compressed with %s', async (compression) => {
    const topic = await makeTopic();
    const lines = Array.from({ length: 400 }, (_, i) => `message ${i} of many that are alike`);
    await send(
      topic,
      lines.slice(0, 200).map((value) => ({ value })),
      compression,
    );
    await kcatWrite(topic, lines.slice(200), '-z', compression);
    const { seen } = await readAll(source({ topics: [topic] }));
    expect(valuesOf(seen)).toEqual(lines);
  });

  it('reads zstd where Node can, and says so where it cannot', async () => {
    const topic = await makeTopic();
    await kcatWrite(topic, ['alike alike alike alike alike', 'b'], '-z', 'zstd');
    const reading = readAll(source({ topics: [topic] }));
    if ('zstdDecompressSync' in zlib) expect(valuesOf((await reading).seen)).toHaveLength(2);
    else await expect(reading).rejects.toMatchObject({ code: 'unsupported_compression' });
  });

  it('leaves out messages of transactions that were given up', async () => {
    const topic = await makeTopic();
    await send(topic, [{ value: 'before' }]);
    for (const [value, ends] of [
      ['given up', 'abort'],
      ['kept', 'commit'],
    ] as const) {
      const producer = new Producer({
        clientId: 'test',
        bootstrapBrokers: [KAFKA_BROKER],
        idempotent: true,
        transactionalId: unique('transaction'),
      });
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic, value: Buffer.from(value), partition: 0 }] });
      await transaction[ends]();
      await producer.close();
    }
    await send(topic, [{ value: 'after' }]);
    expect(valuesOf((await readAll(source({ topics: [topic] }))).seen)).toEqual(['before', 'kept', 'after']);
    const all = source({ topics: [topic], isolation: 'read_uncommitted' });
    expect(valuesOf((await readAll(all)).seen)).toEqual(['before', 'given up', 'kept', 'after']);
  });
});

describeKafka('kafka source: where it starts', () => {
  it('at the beginning, at a time, and at given offsets', async () => {
    const topic = await makeTopic();
    await send(
      topic,
      [10, 20, 30, 40].map((at) => ({ value: String(at), timestampMs: 1_700_000_000_000 + at })),
    );
    const read = async (start: unknown) => valuesOf((await readAll(source({ topics: [topic], start }))).seen);
    expect(await read('earliest')).toEqual(['10', '20', '30', '40']);
    expect(await read({ timestamp: new Date(1_700_000_000_025).toISOString() })).toEqual(['30', '40']);
    expect(await read({ timestamp: new Date(1_800_000_000_000).toISOString() })).toEqual([]);
    expect(await read({ offsets: { [`${topic}/0`]: 1 } })).toEqual(['20', '30', '40']);
    expect(await read('latest')).toEqual([]);
  });

  it('at the end, and then reads what comes', async () => {
    const topic = await makeTopic();
    await send(topic, [{ value: 'old' }]);
    const controller = new AbortController();
    const log = {
      info: (_: object, message: string) => message.startsWith('reads') && started(),
      warn: () => {},
    };
    let started = (): void => {};
    const isReading = new Promise<void>((resolve) => {
      started = resolve;
    });
    const one = source({ topics: [topic], start: 'latest', follow: true }, { log });
    const reading = readAll(one, { signal: controller.signal, onChunk: () => controller.abort() });
    await isReading;
    await send(topic, [{ value: 'new' }]);
    expect(valuesOf((await reading).seen)).toEqual(['new']);
  });

  it('at the checkpoint, where the group knows nothing', async () => {
    const topic = await makeTopic();
    await send(topic, numbered(10));
    const { positions } = await readAll(source({ topics: [topic] }));
    await send(topic, [{ value: 'more' }]);
    const { seen } = await readAll(source({ topics: [topic] }), { from: positions });
    expect(valuesOf(seen)).toEqual(['more']);
  });

  it("at the group's offsets, where there is no checkpoint, and nothing is committed before a checkpoint", async () => {
    const topic = await makeTopic();
    const group = unique('group');
    await send(topic, numbered(10));
    expect((await readAll(source({ topics: [topic], group }))).seen).toHaveLength(10);
    expect((await readAll(source({ topics: [topic], group }), { commits: true })).seen).toHaveLength(10);
    expect((await readAll(source({ topics: [topic], group }))).seen).toHaveLength(0);
  });

  it('at a checkpoint that is newer than what it has committed, and where others have set the group', async () => {
    const topic = await makeTopic();
    const group = unique('group');
    await send(topic, numbered(5));
    await readAll(source({ topics: [topic], group }), { commits: true });
    await send(topic, numbered(5));
    const { positions } = await readAll(source({ topics: [topic], group }));
    await send(topic, [{ value: 'more' }]);
    expect(valuesOf((await readAll(source({ topics: [topic], group }), { from: positions })).seen)).toEqual([
      'more',
    ]);
    await withAdmin((admin) =>
      admin.alterConsumerGroupOffsets({
        groupId: group,
        topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: 8n }] }],
      }),
    );
    const again = await readAll(source({ topics: [topic], group }), { from: positions });
    expect(valuesOf(again.seen)).toEqual(['3', '4', 'more']);
  });

  it('at the beginning of a topic that was made again', async () => {
    const topic = await makeTopic();
    await send(topic, numbered(3));
    const { positions } = await readAll(source({ topics: [topic] }));
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    await createTopic(topic, 1);
    await send(topic, [{ value: 'new 0' }, { value: 'new 1' }]);
    const { seen } = await readAll(source({ topics: [topic] }), { from: positions });
    expect(valuesOf(seen)).toEqual(['new 0', 'new 1']);
  });

  it('behind what retention has removed, and says so', async () => {
    const topic = await makeTopic();
    await send(topic, numbered(10));
    await withAdmin((admin) =>
      admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 6n }] }] }),
    );
    const warnings: string[] = [];
    const log = { info: () => {}, warn: (_: object, message: string) => void warnings.push(message) };
    const from = source({ topics: [topic], start: { offsets: { [`${topic}/0`]: 2 } } }, { log });
    expect(valuesOf((await readAll(from)).seen)).toEqual(['6', '7', '8', '9']);
    expect(warnings).toEqual([expect.stringContaining('from offset 2 on have been removed')]);
  });
});

describeKafka('kafka source: topics', () => {
  it('reads all topics that a pattern matches', async () => {
    const prefix = unique('pattern');
    for (const name of [`${prefix}.a`, `${prefix}.b`, `other-${prefix}.c`]) await createTopic(name, 1);
    for (const name of ['a', 'b']) await send(`${prefix}.${name}`, [{ value: name }]);
    await send(`other-${prefix}.c`, [{ value: 'c' }]);
    const { seen } = await readAll(source({ topics: [], pattern: `${prefix}\\..*` }));
    expect(valuesOf(seen).sort()).toEqual(['a', 'b']);
  });

  it('waits for a topic that does not exist yet', async () => {
    const topic = unique('later');
    const controller = new AbortController();
    const warnings: string[] = [];
    const log = { info: () => {}, warn: (_: object, message: string) => void warnings.push(message) };
    const one = source({ topics: [topic], follow: true }, { log });
    const reading = readAll(one, { signal: controller.signal, onChunk: () => controller.abort() });
    while (warnings.length === 0) await sleep(10);
    expect(warnings[0]).toContain(`there is no topic ${topic} yet`);
    await createTopic(topic, 1);
    await send(topic, [{ value: 'there' }]);
    expect(valuesOf((await reading).seen)).toEqual(['there']);
  });

  it('ends soon after an abort while it waits for messages', async () => {
    const topic = await makeTopic();
    const controller = new AbortController();
    const log = { info: () => controller.abort(), warn: () => {} };
    const { seen } = await readAll(source({ topics: [topic], follow: true }, { log }), {
      signal: controller.signal,
    });
    expect(seen).toEqual([]);
  });
});
