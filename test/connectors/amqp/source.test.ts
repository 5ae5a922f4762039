import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AMQP_URL, describeWith, RABBITMQ } from '../../support/brokers.js';
import { closeConnections, newFolder, newName, Peer, removeAfterTest, start, until } from './amqp-support.js';

const describe = await describeWith(RABBITMQ);

interface Options {
  readonly queue: string;
  readonly folder: string;
  readonly source?: string;
  readonly transforms?: string;
  readonly input?: string;
  readonly name?: string;
}

/** From a queue into a file. */
function pipeline({ queue, folder, source = '', transforms = '', input = 'in', name }: Options): string {
  return `
name: ${name ?? 'amqp-source'}
sources:
  in: { type: amqp, url: "${AMQP_URL}", queue: "${queue}", format: json, ${source} }
${transforms}
sinks:
  out: { type: file, inputs: [${input}], path: "${join(folder, 'out.ndjson')}", format: json }
runtime: { state: "${join(folder, 'state')}", checkpoint: 50ms }
`;
}

function written(folder: string): string[] {
  try {
    return readFileSync(join(folder, 'out.ndjson'), 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

const numbers = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ n: from + i }));

describe('source amqp', () => {
  it('reads a queue in order to its end, and acknowledges what a checkpoint holds', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue({ arguments: { 'x-queue-type': 'quorum' } });
    const folder = newFolder();
    await peer.send(queue, numbers(5000));
    await (await start(pipeline({ queue, folder, source: 'follow: false' }))).ended;
    expect(written(folder)).toEqual(numbers(5000));
    expect(await peer.waiting(queue)).toBe(0);
    expect(await peer.drain(queue)).toEqual([]);
  });

  it('waits for more, and gives back what it has not passed on', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const folder = newFolder();
    const running = await start(pipeline({ queue, folder }));
    await peer.send(queue, numbers(10));
    await until(() => written(folder).length === 10);
    await peer.send(queue, numbers(10, 10));
    await until(() => written(folder).length === 20);
    await running.stop();
    expect(written(folder)).toEqual(numbers(20));
    await peer.send(queue, numbers(3));
    expect(await peer.waiting(queue)).toBe(3);
  });

  it('says where a message came from, and takes its id', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const exchange = newName('exchange');
    await peer.channel.assertExchange(exchange, 'topic', { autoDelete: true });
    removeAfterTest((channel) => channel.deleteExchange(exchange));
    await peer.channel.bindQueue(queue, exchange, 'order.#');
    peer.channel.publish(exchange, 'order.new', Buffer.from('{}'), {
      messageId: 'id-1',
      timestamp: 1_700_000_000,
      priority: 3,
      contentType: 'application/json',
      headers: { region: 'eu', tries: 2, nested: { deep: [true, null] }, raw: Buffer.from('hi') },
    });
    await peer.channel.waitForConfirms();
    const folder = newFolder();
    const set = [
      'id: meta.id',
      'exchange: meta.exchange',
      'key: meta.routing_key',
      'again: meta.redelivered',
      'time: meta.time',
      'headers: meta.headers',
      'type: meta.properties.content_type',
      'priority: meta.properties.priority',
    ].join(', ');
    const transforms = `transforms: { all: { type: map, inputs: [in], set: { ${set} } } }`;
    await (await start(pipeline({ queue, folder, source: 'follow: false', transforms, input: 'all' }))).ended;
    expect(written(folder).map((line) => JSON.parse(line))).toEqual([
      {
        id: 'id-1',
        exchange,
        key: 'order.new',
        again: false,
        time: '2023-11-14T22:13:20.000Z',
        headers: { region: 'eu', tries: 2, nested: { deep: [true, null] }, raw: 'aGk=' },
        type: 'application/json',
        priority: 3,
      },
    ]);
  });

  it('reads a message of many lines as many records, one without a line as none', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    await peer.send(queue, [`${numbers(3).join('\n')}\n`, '', numbers(2, 3).join('\n')]);
    const folder = newFolder();
    await (await start(pipeline({ queue, folder, source: 'follow: false, framing: lines' }))).ended;
    expect(written(folder)).toEqual(numbers(5));
    expect(await peer.drain(queue)).toEqual([]);
  });

  it('reads messages of 8 MiB and empty ones', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const large = JSON.stringify({ text: 'x'.repeat(8 * 2 ** 20) });
    await peer.send(queue, [large, '{}', large, '{}']);
    const folder = newFolder();
    const yaml = pipeline({ queue, folder, source: 'follow: false' });
    const { ended, run } = await start(yaml, { arenaBytes: 256 * 2 ** 20 });
    await ended;
    expect(run.metrics.stage('in').errors).toEqual(new Map());
    expect(written(folder)).toEqual([large, '{}', large, '{}']);
  });

  it('makes dead letters of poison, and acknowledges it', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    await peer.send(queue, ['{"n":0}', 'poison', '', '{"n":1}']);
    const folder = newFolder();
    const { ended, run } = await start(pipeline({ queue, folder, source: 'follow: false' }));
    await ended;
    expect(written(folder)).toEqual(numbers(2));
    expect(run.metrics.stage('in').deadLettered).toBe(2);
    expect(await peer.drain(queue)).toEqual([]);
  });

  it('comes back when an administrator closes its connection, and loses nothing', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue({ arguments: { 'x-queue-type': 'quorum' } });
    const folder = newFolder();
    const name = newName('pipeline');
    const running = await start(pipeline({ queue, folder, name }));
    for (let round = 0; round < 3; round++) {
      await peer.send(queue, numbers(500, round * 500));
      await until(() => written(folder).length > round * 500);
      await until(async () => (await closeConnections(name)) > 0);
    }
    await until(() => new Set(written(folder)).size === 1500);
    await running.stop();
    expect(await peer.drain(queue)).toEqual([]);
  });

  it('says what is wrong with a queue that is not there', async () => {
    const running = await start(pipeline({ queue: newName('missing'), folder: newFolder() }));
    await expect(running.ended).rejects.toThrow(/cannot read the queue .*topology.queues/);
  });

  it('says what is wrong with a password, and does not show it', async () => {
    const url = new URL(AMQP_URL);
    url.password = 'wrong-one';
    const yaml = pipeline({ queue: 'q', folder: newFolder() }).replace(AMQP_URL, url.href);
    const running = await start(yaml);
    await expect(running.ended).rejects.toThrow(/lets us not in/);
    await expect(running.ended).rejects.not.toThrow(/wrong-one/);
  });
});
