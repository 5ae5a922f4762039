import { tableFromIPC } from 'apache-arrow';
import { expect, it } from 'vitest';
import { AMQP_URL, describeWith, RABBITMQ } from '../../support/brokers.js';
import { runInThread } from '../../support/run-pipeline.js';
import {
  closeConnections,
  newFolder,
  newName,
  Peer,
  rabbitmqctl,
  removeAfterTest,
  start,
  until,
} from './amqp-support.js';

const describe = await describeWith(RABBITMQ);

interface Options {
  readonly sink: string;
  readonly count?: number;
  readonly name?: string;
  readonly set?: string;
  readonly onError?: string;
}

/** Numbered records into an exchange or a queue. */
function pipeline({ sink, count = 100, name, set = '', onError = 'dead_letter' }: Options): string {
  return `
name: ${name ?? 'amqp-sink'}
sources: { in: { type: generate, kind: app_json, format: json, count: ${count}, seed: 1 } }
transforms:
  numbered: { type: map, inputs: [in], set: { n: meta.offset, id: meta.id, ${set} }, keep: [n, id, big, level] }
sinks:
  out: { type: amqp, inputs: [numbered], url: "${AMQP_URL}", on_error: ${onError}, ${sink} }
runtime: { state: "${newFolder()}", checkpoint: 100ms }
`;
}

describe('sink amqp', () => {
  it('publishes each record in order, with its id, properties and headers', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const headers = '{ level: "{level}", n: "{n}", note: "is {level}", none: "{absent}" }';
    const more = `headers: ${headers}, priority: "{n % 2 == 0 ? 5 : 0}", expiration: "600000", correlation_id: "c"`;
    await runInThread(pipeline({ sink: `routing_key: "${queue}", ${more}` }), 'amqp.yaml');
    const messages = await peer.drain(queue);
    expect(messages).toHaveLength(100);
    const records = messages.map(
      ({ content }) => JSON.parse(content.toString()) as { n: number; id: string },
    );
    expect(records.map(({ n }) => n)).toEqual(records.map(({ n }) => n).sort((a, b) => a - b));
    for (const [i, { properties, fields }] of messages.entries()) {
      const { n, id, level } = records[i] as { n: number; id: string; level?: string };
      expect(fields.redelivered).toBe(false);
      expect(properties).toMatchObject({
        messageId: id,
        contentType: 'application/json',
        deliveryMode: 2,
        priority: n % 2 === 0 ? 5 : 0,
        expiration: '600000',
        correlationId: 'c',
        headers: { level, n, note: `is ${level}` },
      });
      expect(properties.headers).not.toHaveProperty('none');
    }
    expect(new Set(records.map(({ id }) => id)).size).toBe(100);
  });

  it('publishes a batch as one message, as NDJSON and as Arrow', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    await runInThread(pipeline({ sink: `routing_key: "${queue}", batch: true` }), 'amqp.yaml');
    await runInThread(pipeline({ sink: `routing_key: "${queue}", batch: true, format: arrow` }), 'amqp.yaml');
    const messages = await peer.drain(queue);
    const types = messages.map(({ properties }) => properties.contentType as string);
    expect(new Set(types)).toEqual(new Set(['application/x-ndjson', 'application/vnd.apache.arrow.stream']));
    const counts = messages.map(({ content, properties }) =>
      properties.contentType === 'application/x-ndjson'
        ? content.toString().trimEnd().split('\n').length
        : tableFromIPC(content).numRows,
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
    for (const [i, { properties }] of messages.entries())
      expect(properties.messageId as string).toMatch(new RegExp(`\\+${counts[i]}$`));
  });

  it('makes dead letters of messages that no queue takes, and of those alone', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const key = `{n % 4096 % 2 == 0 ? "${queue}" : "nowhere"}`;
    const metrics = await runInThread(pipeline({ sink: `routing_key: '${key}'`, count: 500 }), 'amqp.yaml');
    const taken = await peer.drain(queue);
    const { deadLettered, errors } = metrics.stage('out');
    expect(taken.length + deadLettered).toBe(500);
    expect(taken.length).toBeGreaterThan(100);
    expect(errors.get('unroutable')).toBe(deadLettered);
    for (const { content } of taken) expect((JSON.parse(content.toString()) as { n: number }).n % 2).toBe(0);
  });

  it('loses them without a word where nothing is mandatory', async () => {
    const sink = `routing_key: nowhere, mandatory: false`;
    const metrics = await runInThread(pipeline({ sink }), 'amqp.yaml');
    expect(metrics.stage('out').deadLettered).toBe(0);
  });

  it('makes dead letters of what AMQP cannot carry', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const long = 'k'.repeat(300);
    for (const wrong of [`priority: "300"`, `expiration: "soon"`, `message_id: "${long}"`]) {
      const metrics = await runInThread(
        pipeline({ sink: `routing_key: "${queue}", ${wrong}`, count: 5 }),
        'amqp.yaml',
      );
      expect(metrics.stage('out').errors).toEqual(new Map([['message_invalid', 5]]));
    }
    expect(await peer.drain(queue)).toEqual([]);
  });

  it('declares its topology, and routes through it', async () => {
    const peer = await Peer.open();
    const [exchange, queue] = [newName('exchange'), newName('queue')];
    removeAfterTest((channel) => channel.deleteExchange(exchange));
    removeAfterTest((channel) => channel.deleteQueue(queue));
    const topology = `topology: { exchanges: { ${exchange}: { type: topic } }, queues: { ${queue}: {} }, bindings: [{ exchange: ${exchange}, queue: ${queue}, routing_key: "a.#" }] }`;
    const sink = `exchange: ${exchange}, routing_key: a.b, ${topology}`;
    for (let run = 0; run < 2; run++) await runInThread(pipeline({ sink }), 'amqp.yaml');
    expect(await peer.drain(queue)).toHaveLength(200);
    const different = sink.replace('{ type: topic }', '{ type: fanout }');
    await expect(runInThread(pipeline({ sink: different }), 'amqp.yaml')).rejects.toThrow(
      /inequivalent arg 'type'.*stays as it is/s,
    );
  });

  it('says which exchange is missing', async () => {
    const sink = `exchange: ${newName('missing')}`;
    await expect(runInThread(pipeline({ sink }), 'amqp.yaml')).rejects.toThrow(
      /cannot publish to the exchange .*topology.exchanges/,
    );
  });

  it('publishes each message at least once while an administrator closes its connections', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const name = newName('pipeline');
    const count = 60_000;
    const running = await start(pipeline({ sink: `routing_key: "${queue}", window: 500`, count, name }), {
      batchBytes: 256 * 1024,
    });
    let closed = 0;
    let hasEnded = false;
    void running.ended.then(() => {
      hasEnded = true;
    });
    while (closed < 3 && !hasEnded) {
      const before = await peer.waiting(queue);
      await until(async () => hasEnded || (await peer.waiting(queue)) > before);
      closed += await closeConnections(name);
    }
    await running.ended;
    expect(closed).toBeGreaterThan(0);
    expect(running.run.metrics.stage('out').deadLettered).toBe(0);
    const ids = (await peer.drain(queue)).map(({ properties }) => properties.messageId as string);
    expect(new Set(ids).size).toBe(count);
  });

  it('publishes nothing while the broker is short of memory, and goes on afterwards', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const name = newName('pipeline');
    await rabbitmqctl('set_vm_memory_high_watermark', '0.0001');
    try {
      const running = await start(pipeline({ sink: `routing_key: "${queue}"`, count: 20_000, name }));
      await until(async () =>
        (await rabbitmqctl('list_connections', 'client_properties', 'state')).includes('block'),
      );
      await rabbitmqctl('set_vm_memory_high_watermark', '0.4');
      await running.ended;
    } finally {
      await rabbitmqctl('set_vm_memory_high_watermark', '0.4');
    }
    expect(await peer.waiting(queue)).toBe(20_000);
  });
});
