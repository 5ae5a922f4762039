import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { AMQP_URL, describeWith, RABBITMQ } from '../../support/brokers.js';
import { type Cut, Network } from '../../support/network.js';
import { runInThread } from '../../support/run-pipeline.js';
import { scale } from '../../torture/seeds.js';
import { newFolder, Peer, start, until } from './amqp-support.js';

const describe = await describeWith(RABBITMQ);

/** Class 60, method 40: `basic.publish`, AMQP 0-9-1, section 1.8.3. */
const BASIC_PUBLISH = Buffer.from([0, 60, 0, 40]);
const COUNT = 20;
/** A frame of `basic.ack` has 21 bytes. */
const ACK_BYTES = 21;
/** Less than what the records of a run take as messages. */
const PUBLISHED_BYTES = 2000;
const AT_ONCE = 8;

async function newNetwork(): Promise<Network> {
  const network = await Network.open(RABBITMQ.port);
  onTestFinished(() => network.close());
  return network;
}

function urlAt(port: number, protocol = 'amqp:'): string {
  const { username, password, pathname } = new URL(AMQP_URL);
  return `${protocol}//${username}:${password}@127.0.0.1:${port}${pathname}`;
}

/** Numbered records into a queue. */
function publishing(url: string, queue: string, more = ''): string {
  return `
sources: { in: { type: generate, kind: app_json, format: json, count: ${COUNT}, seed: 1 } }
transforms: { numbered: { type: map, inputs: [in], set: { n: meta.offset }, keep: [n] } }
sinks:
  out: { type: amqp, inputs: [numbered], url: "${url}", routing_key: ${queue}, ${more} on_error: { retry: { attempts: 50, backoff: 10ms } } }
runtime: { state: "${newFolder()}", checkpoint: 100ms }
`;
}

/** How often each record is in a queue, by its id. */
async function copiesIn(peer: Peer, queue: string): Promise<number[]> {
  const copies = new Map<string, number>();
  for (const { properties } of await peer.drain(queue))
    copies.set(properties.messageId as string, (copies.get(properties.messageId as string) ?? 0) + 1);
  return [...copies.values()];
}

/** As many cuts of one side, over its whole exchange, and by either way in turn. */
function spread(of: Cut['of'], count: number, bytes: number): Cut[] {
  return Array.from({ length: count }, (_, i) => ({
    from: BASIC_PUBLISH,
    of,
    afterBytes: 1 + Math.floor((i * (bytes - 1)) / count),
    by: i % 2 === 0 ? 'reset' : 'end',
  }));
}

describe('RabbitMQ over a network that fails', () => {
  it('gets each record, whatever byte of publishing or confirming was the last', async () => {
    const peer = await Peer.open();
    const count = Math.min(200, 20 * scale());
    const cuts = [...spread('client', count, PUBLISHED_BYTES), ...spread('server', count, ACK_BYTES)];
    for (let i = 0; i < cuts.length; i += AT_ONCE) {
      const tried = cuts.slice(i, i + AT_ONCE).map(async (cut) => {
        const [network, queue] = [await newNetwork(), await peer.queue()];
        network.cut = cut;
        await runInThread(publishing(urlAt(network.port), queue), 'cut.yaml');
        const copies = await copiesIn(peer, queue);
        expect({ cut, cuts: network.cuts, records: copies.length }).toEqual({
          cut,
          cuts: 1,
          records: COUNT,
        });
        expect(Math.max(...copies)).toBeLessThanOrEqual(2);
      });
      await Promise.all(tried);
    }
  }, 240_000);

  it('is found again when nothing had come from it for longer than its heartbeats', async () => {
    const peer = await Peer.open();
    const [network, from, to] = [await newNetwork(), await peer.queue(), await peer.queue()];
    const through = `url: "${urlAt(network.port)}", heartbeat: 1s, connect_timeout: 500ms`;
    const running = await start(`
sources: { in: { type: amqp, ${through}, queue: ${from}, format: json } }
transforms: { numbered: { type: map, inputs: [in], set: { again: n }, keep: [again] } }
sinks: { out: { type: amqp, inputs: [numbered], ${through}, routing_key: ${to} } }
runtime: { state: "${newFolder()}", checkpoint: 50ms }
`);
    const numbered = (first: number): string[] =>
      Array.from({ length: 100 }, (_, i) => JSON.stringify({ n: first + i }));
    await peer.send(from, numbered(0));
    await until(async () => (await peer.waiting(to)) >= 100);
    network.isSilent = true;
    await peer.send(from, numbered(100));
    // RabbitMQ gives up a silent client, and has its messages back.
    await until(async () => (await peer.waiting(from)) >= 100);
    network.isSilent = false;
    const backAtMs = performance.now();
    await until(async () => (await peer.waiting(to)) >= 200);
    expect(performance.now() - backAtMs).toBeLessThan(15_000);
    await running.stop();
    const got = (await peer.drain(to)).map(({ content }) => content.toString());
    expect(new Set(got).size).toBe(200);
  });

  it('is spoken to through TLS by those who know its authority, and by no others', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const pem = (name: string): string => join(import.meta.dirname, '../tls', name);
    const identity = { cert: readFileSync(pem('server.pem')), key: readFileSync(pem('server.key')) };
    const server = createServer(identity, (client) => {
      const target = connect(RABBITMQ.port, RABBITMQ.host);
      for (const socket of [client, target]) socket.on('error', () => {});
      client.pipe(target).pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = urlAt((server.address() as { port: number }).port, 'amqps:');
    await runInThread(publishing(url, queue, `tls: { ca: "${pem('authority.pem')}" },`), 'tls.yaml');
    expect(await copiesIn(peer, queue)).toEqual(Array.from({ length: COUNT }, () => 1));
    const stranger = publishing(url, queue).replace('attempts: 50', 'attempts: 2');
    await runInThread(stranger, 'tls.yaml');
    expect(await peer.waiting(queue)).toBe(0);
  });
});
