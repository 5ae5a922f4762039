import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Sink, SinkState } from '#component';
import { describeWith, KAFKA } from '../../support/brokers.js';
import { runs } from '../../support/property.js';
import { blockOf, createSink, kcat, makeTopic, untilWritten } from './kafka-support.js';

const describeKafka = await describeWith(KAFKA);

async function open(topic: string, state?: SinkState): Promise<{ sink: Sink; state: SinkState }> {
  const sink = createSink({ topic, transactional: true });
  return { sink, state: await sink.open(state) };
}

const write = (sink: Sink, topic: string, ...values: readonly string[]) =>
  untilWritten(
    sink,
    blockOf(
      topic,
      values.map((value) => Buffer.from(value)),
    ),
  );

/** What a reader sees that waits for transactions, in each partition in its order. */
async function committed(topic: string): Promise<string[]> {
  const read = await kcat(topic, '-X', 'isolation.level=read_committed');
  return read.map(({ payload }) => payload!);
}

/** The ends of transactions are written a moment after the brokers have promised them. */
async function untilCommitted(topic: string, count: number): Promise<string[]> {
  for (;;) {
    const values = await committed(topic);
    if (values.length >= count) return values.sort();
    await sleep(20);
  }
}

/** What happens to a sink in turn. */
type Step =
  | 'write'
  | 'checkpoint'
  | 'crash before the checkpoint is written'
  | 'crash before the commit'
  | 'crash';
const STEPS: readonly Step[] = [
  'write',
  'checkpoint',
  'crash before the checkpoint is written',
  'crash before the commit',
  'crash',
];

/** Runs a sink through crashes, as a runtime does that writes again what was in no checkpoint. */
async function live(topic: string, steps: readonly Step[]): Promise<string[]> {
  let { sink, state } = await open(topic);
  const abandoned: Sink[] = [];
  const kept: string[] = [];
  let since: string[] = [];
  let count = 0;
  const restart = async (): Promise<void> => {
    abandoned.push(sink);
    ({ sink, state } = await open(topic, state));
    since = [];
  };
  const save = (next: SinkState): void => {
    state = next;
    kept.push(...since);
    since = [];
  };
  for (const step of [...steps, 'write', 'checkpoint'] as const) {
    if (step === 'write') {
      const value = String(count++).padStart(4, '0');
      await write(sink, topic, value);
      since.push(value);
    } else if (step === 'crash') {
      await restart();
    } else {
      const { state: prepared } = await sink.prepare();
      if (step !== 'crash before the checkpoint is written') save(prepared);
      // The stream goes on while a checkpoint is written; what is sent then belongs to the next.
      await write(sink, topic, 'of no checkpoint yet');
      if (step === 'checkpoint') {
        await sink.commit!(prepared);
        since.push('of no checkpoint yet');
      } else {
        await restart();
      }
    }
  }
  await sink.close();
  for (const one of abandoned) await one.close();
  return kept;
}

describeKafka('kafka sink: transactions', { timeout: 60_000 }, () => {
  it('shows records once their checkpoint is committed, and gives up what is in none', async () => {
    const topic = await makeTopic(2);
    const { sink } = await open(topic);
    await write(sink, topic, 'a', 'b');
    const { state } = await sink.prepare();
    await write(sink, topic, 'c');
    expect(await committed(topic)).toEqual([]);
    await sink.commit!(state);
    expect(await untilCommitted(topic, 2)).toEqual(['a', 'b']);
    await sink.close();
    const after = await open(topic, state);
    await write(after.sink, topic, 'd');
    const last = await after.sink.prepare();
    await after.sink.commit!(last.state);
    await after.sink.close();
    expect(await untilCommitted(topic, 3)).toEqual(['a', 'b', 'd']);
  });

  it('has each record of a checkpoint once, wherever runs are killed', async () => {
    const history = fc.array(fc.constantFrom(...STEPS), { minLength: 3, maxLength: 14 });
    const property = fc.asyncProperty(history, async (steps) => {
      const topic = await makeTopic();
      const kept = await live(topic, steps);
      expect(await untilCommitted(topic, kept.length)).toEqual([...kept].sort());
    });
    await fc.assert(property, { numRuns: runs(6) });
  });

  it('commits what was prepared when the pipeline goes on without transactions', async () => {
    const topic = await makeTopic();
    const { sink } = await open(topic);
    await write(sink, topic, 'a');
    const { state } = await sink.prepare();
    const plain = createSink({ topic });
    expect(await plain.open(state)).toBeNull();
    await write(plain, topic, 'b');
    await plain.close();
    expect(await untilCommitted(topic, 2)).toEqual(['a', 'b']);
    await sink.close();
  });

  it('refuses single messages that are too large, and writes the others once', async () => {
    const topic = await makeTopic(1, { 'max.message.bytes': '2000' });
    const { sink } = await open(topic);
    const values = [
      'a',
      'x'.repeat(3000),
      ...Array.from({ length: 60 }, (_, n) => `${n}`.padStart(100, '0')),
    ];
    const refused = await write(sink, topic, ...values);
    expect(refused).toMatchObject([{ row: 1, code: 'message_too_large' }]);
    await write(sink, topic, 'behind');
    const { state } = await sink.prepare();
    await sink.commit!(state);
    await sink.close();
    const expected = [...values.filter((_, row) => row !== 1), 'behind'].sort();
    expect(await untilCommitted(topic, expected.length)).toEqual(expected);
  });

  it('keeps out a process that was taken for dead and still writes', async () => {
    const topic = await makeTopic();
    const { sink: zombie } = await open(topic);
    await write(zombie, topic, 'a');
    const { state } = await zombie.prepare();
    await zombie.commit!(state);
    await write(zombie, topic, 'of the zombie');
    const { sink } = await open(topic, state);
    await expect(write(zombie, topic, 'of the zombie')).rejects.toMatchObject({
      code: 'kafka_transaction_lost',
      retryable: false,
    });
    await write(sink, topic, 'b');
    await sink.commit!((await sink.prepare()).state);
    expect(await untilCommitted(topic, 2)).toEqual(['a', 'b']);
    await zombie.close();
    await sink.close();
  });

  it('says so when a transaction that a checkpoint holds was given up before it was committed', async () => {
    const topic = await makeTopic();
    const { sink, state: first } = await open(topic);
    await write(sink, topic, 'a');
    const { state } = await sink.prepare();
    // Whoever begins under the same ids has the brokers give up what is open, as they do when its time is over.
    await (await open(topic, first)).sink.close();
    await expect(open(topic, state)).rejects.toMatchObject({ code: 'kafka_transaction_lost' });
    await expect(sink.commit!(state)).rejects.toMatchObject({ code: 'kafka_transaction_lost' });
    await sink.close();
    expect(await committed(topic)).toEqual([]);
  });

  it('asks for a transaction_timeout that brokers allow', async () => {
    const topic = await makeTopic();
    const sink = createSink({ topic, transactional: true, transaction_timeout: 3_600_000 });
    await sink.open(undefined);
    await expect(write(sink, topic, 'a')).rejects.toMatchObject({
      code: 'kafka_refused',
      message: expect.stringContaining('transaction.max.timeout.ms') as string,
    });
    await sink.close();
  });
});
