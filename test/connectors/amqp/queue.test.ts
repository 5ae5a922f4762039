import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Repeats } from '../../../connectors/amqp/repeats.js';
import { AMQP_URL, describeWith, RABBITMQ } from '../../support/brokers.js';
import { runInThread } from '../../support/run-pipeline.js';
import { closeConnections, newFolder, newName, Peer, removeAfterTest, start, until } from './amqp-support.js';

const describe = await describeWith(RABBITMQ);

interface Options {
  readonly queue: string;
  readonly folder: string;
  readonly state?: string;
  readonly out?: string;
  readonly count?: number;
  readonly name?: string;
}

/** Numbered records that pass a queue. */
function pipeline({ queue, folder, state = 'state', out = 'out', count = 20_000, name }: Options): string {
  return `
name: ${name ?? 'amqp-queue'}
sources: { in: { type: generate, kind: app_json, format: json, count: ${count}, seed: 1 } }
transforms:
  early: { type: map, inputs: [in], set: { id: meta.id } }
  late: { type: map, inputs: [early], queue: ${queue}, set: { same: id == meta.id }, keep: [id, level, same] }
sinks: { out: { type: file, inputs: [late], path: "${join(folder, `${out}.ndjson`)}", format: json } }
runtime: { state: "${join(folder, state)}", checkpoint: 50ms }
`;
}

function written(folder: string, out = 'out'): string[] {
  try {
    return readFileSync(join(folder, `${out}.ndjson`), 'utf8')
      .split('\n')
      .filter(Boolean);
  } catch {
    return [];
  }
}

function newQueue(): { readonly name: string; readonly yaml: string } {
  const name = newName('edge');
  removeAfterTest((channel) => channel.deleteQueue(name));
  return { name, yaml: `{ type: amqp, url: "${AMQP_URL}", queue: ${name} }` };
}

const SMALL = { batchBytes: 64 * 1024 };

describe('queue amqp', () => {
  it('gives what a queue in memory gives, in the same order', async () => {
    const peer = await Peer.open();
    const { name, yaml } = newQueue();
    const [here, there] = [newFolder(), newFolder()];
    await runInThread(pipeline({ queue: 'memory', folder: here }), 'amqp.yaml', SMALL);
    await runInThread(pipeline({ queue: yaml, folder: there }), 'amqp.yaml', SMALL);
    expect(written(here)).toHaveLength(20_000);
    expect(written(there)).toEqual(written(here));
    expect(written(there).every((line) => line.includes('"same":true'))).toBe(true);
    expect(await peer.waiting(name)).toBe(0);
  });

  it('gives the same with a JSON message for each record, which others can read', async () => {
    const peer = await Peer.open();
    const { name, yaml } = newQueue();
    const json = yaml.replace(' }', ', payload: json }');
    const [here, there] = [newFolder(), newFolder()];
    await runInThread(pipeline({ queue: 'memory', folder: here, count: 2000 }), 'amqp.yaml', SMALL);
    await runInThread(pipeline({ queue: json, folder: there, count: 2000 }), 'amqp.yaml', {
      ...SMALL,
      only: ['in'],
    });
    expect(await peer.waiting(name)).toBe(2000);
    await runInThread(pipeline({ queue: json, folder: there, count: 2000 }), 'amqp.yaml', SMALL);
    expect(written(there)).toEqual(written(here));
    expect(written(there).every((line) => line.includes('"same":true'))).toBe(true);
    expect(await peer.waiting(name)).toBe(0);
  });

  it('joins processes: one puts in, two take out, each record goes to one of them', async () => {
    const { yaml } = newQueue();
    const folder = newFolder();
    const of = (part: string): string => pipeline({ queue: yaml, folder, state: part, out: part });
    const consumers = await Promise.all(
      ['a', 'b'].map((part) => start(of(part), { ...SMALL, only: ['out'] })),
    );
    await runInThread(of('p'), 'amqp.yaml', { ...SMALL, only: ['in'] });
    const both = (): string[] => [...written(folder, 'a'), ...written(folder, 'b')];
    await until(() => both().length >= 20_000);
    for (const consumer of consumers) await consumer.stop();
    expect(new Set(both()).size).toBe(20_000);
    expect(both()).toHaveLength(20_000);
    expect(written(folder, 'a').length).toBeGreaterThan(0);
    expect(written(folder, 'b').length).toBeGreaterThan(0);
  });

  it('keeps what was put in while nobody takes it out', async () => {
    const peer = await Peer.open();
    const { name, yaml } = newQueue();
    const folder = newFolder();
    await runInThread(pipeline({ queue: yaml, folder }), 'amqp.yaml', { ...SMALL, only: ['in'] });
    expect(await peer.waiting(name)).toBeGreaterThan(10);
    expect(written(folder)).toEqual([]);
    const consumer = await start(pipeline({ queue: yaml, folder, state: 'other' }), {
      ...SMALL,
      only: ['out'],
    });
    await until(() => written(folder).length === 20_000);
    await consumer.stop();
    expect(await peer.waiting(name)).toBe(0);
  });

  it('gives each record once while an administrator closes its connections', async () => {
    const { yaml } = newQueue();
    const folder = newFolder();
    const name = newName('pipeline');
    const running = await start(pipeline({ queue: yaml, folder, name, count: 100_000 }), SMALL);
    let hasEnded = false;
    void running.ended.then(() => {
      hasEnded = true;
    });
    let closed = 0;
    for (let round = 1; round <= 3 && !hasEnded; round++) {
      const before = written(folder).length;
      await until(() => hasEnded || written(folder).length > before);
      closed += await closeConnections(name);
    }
    await running.ended;
    expect(closed).toBeGreaterThan(0);
    expect(written(folder)).toHaveLength(100_000);
    expect(new Set(written(folder)).size).toBe(100_000);
  });

  it('waits for room in a queue that is full', async () => {
    const { name, yaml } = newQueue();
    const folder = newFolder();
    const peer = await Peer.open();
    const bound = { 'x-max-length-bytes': 2 ** 20, 'x-overflow': 'reject-publish' };
    await peer.channel.assertQueue(name, { arguments: { 'x-queue-type': 'quorum', ...bound } });
    const bounded = yaml.replace(' }', ', max_bytes: 1MiB }');
    const producer = await start(pipeline({ queue: bounded, folder, state: 'p', count: 50_000 }), {
      ...SMALL,
      only: ['in'],
    });
    let hasEnded = false;
    void producer.ended.then(() => {
      hasEnded = true;
    });
    await until(async () => (await peer.waiting(name)) >= 10);
    expect(hasEnded).toBe(false);
    const consumer = await start(pipeline({ queue: bounded, folder }), { ...SMALL, only: ['out'] });
    await producer.ended;
    await until(() => written(folder).length >= 50_000);
    await consumer.stop();
    expect(new Set(written(folder)).size).toBe(50_000);
  });

  it('does not take what others have put into a queue of its name', async () => {
    const peer = await Peer.open();
    const { name, yaml } = newQueue();
    await peer.channel.assertQueue(name, { arguments: { 'x-queue-type': 'quorum' } });
    await peer.send(name, ['{}'], { contentType: 'application/json' });
    await expect(runInThread(pipeline({ queue: yaml, folder: newFolder() }), 'amqp.yaml')).rejects.toThrow(
      /holds a message that no pipeline has put in/,
    );
    expect(await peer.waiting(name)).toBeGreaterThan(0);
  });
});

describe('the memory of a queue for repeats', () => {
  it('tells repeats of what a checkpoint holds from those of what waits for one', () => {
    const repeats = new Repeats([]);
    expect(['a', 'b', 'c'].map((id, number) => repeats.seen(id, number))).toEqual(['new', 'new', 'new']);
    expect(repeats.seen('a', 3)).toBe('open');
    expect(repeats.ids).toEqual(['a', 'b', 'c']);
    expect(repeats.settle(2)).toEqual([3]);
    expect(repeats.seen('b', 4)).toBe('settled');
    expect(repeats.seen('c', 5)).toBe('open');
    expect(repeats.settle(3)).toEqual([5]);
  });

  it('knows what a run before it had passed on', () => {
    const before = new Repeats([]);
    before.seen('a', 0);
    before.seen('b', 1);
    before.settle(1);
    const after = new Repeats(JSON.parse(JSON.stringify(before.ids)) as string[]);
    expect(['a', 'b', 'c'].map((id, number) => after.seen(id, number))).toEqual([
      'settled',
      'settled',
      'new',
    ]);
  });
});
