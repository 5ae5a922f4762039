import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Rejected } from '../../../connectors/amqp/rejected.js';
import { AMQP_URL, describeWith, RABBITMQ } from '../../support/brokers.js';
import { closeConnections, newFolder, Peer, start, until } from './amqp-support.js';

const describe = await describeWith(RABBITMQ);

interface Options {
  readonly queue: string;
  readonly folder: string;
  readonly source?: string;
  readonly sink?: string;
}

/** Numbers whose inverse is written; zeros and what is no JSON fail. */
function pipeline({ queue, folder, source = '', sink = '' }: Options): string {
  return `
name: amqp-reject
sources:
  in: { type: amqp, url: "${AMQP_URL}", queue: "${queue}", format: json, on_error: reject ${source} }
transforms:
  inverted: { type: map, inputs: [in], set: { inverse: 12 / n }, on_error: reject }
sinks:
  out: ${sink || `{ type: file, inputs: [inverted], path: "${join(folder, 'out.ndjson')}", format: json }`}
runtime: { state: "${join(folder, 'state')}", checkpoint: 50ms }
`;
}

function written(folder: string): number[] {
  try {
    const lines = readFileSync(join(folder, 'out.ndjson'), 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => (JSON.parse(line) as { n: number }).n);
  } catch {
    return [];
  }
}

/** A queue whose dead messages come into another one. */
async function queues(peer: Peer): Promise<{ readonly queue: string; readonly dead: string }> {
  const dead = await peer.queue();
  const queue = await peer.queue({
    arguments: { 'x-queue-type': 'quorum', 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead },
  });
  return { queue, dead };
}

/** Every seventh cannot be inverted, every eleventh is no JSON. */
const content = (n: number): string =>
  n % 11 === 0 ? `no JSON: ${n}` : JSON.stringify({ n: n % 7 === 0 ? 0 : n });
const isGood = (n: number): boolean => n % 11 !== 0 && n % 7 !== 0;
const NUMBERS = Array.from({ length: 1000 }, (_, i) => i + 1);

describe('on_error: reject', () => {
  it('gives poison to the dead-letter exchange of its queue, and acknowledges the rest', async () => {
    const peer = await Peer.open();
    const { queue, dead } = await queues(peer);
    const folder = newFolder();
    await peer.send(queue, NUMBERS.map(content));
    const running = await start(pipeline({ queue, folder }));
    await until(async () => (await peer.waiting(dead)) === NUMBERS.filter((n) => !isGood(n)).length);
    await until(() => written(folder).length === NUMBERS.filter(isGood).length);
    await running.stop();
    expect(written(folder)).toEqual(NUMBERS.filter(isGood));
    const messages = await peer.drain(dead);
    const texts = messages.map((message) => message.content.toString());
    expect(texts.sort()).toEqual(
      NUMBERS.filter((n) => !isGood(n))
        .map(content)
        .sort(),
    );
    expect(messages[0]!.properties.headers!['x-death']).toMatchObject([{ reason: 'rejected', queue }]);
    expect(await peer.waiting(queue)).toBe(0);
    expect(running.run.metrics.deadLetters).toBe(0);
    expect(running.run.metrics.stage('inverted').deadLettered).toBe(
      NUMBERS.filter((n) => n % 7 === 0 && n % 11 !== 0).length,
    );
  });

  it('gives all of it up, and only that, when the connection breaks again and again', async () => {
    const peer = await Peer.open();
    const { queue, dead } = await queues(peer);
    const folder = newFolder();
    const running = await start(pipeline({ queue, folder }));
    for (let from = 0; from < NUMBERS.length; from += 250) {
      await peer.send(queue, NUMBERS.slice(from, from + 250).map(content));
      await until(() => written(folder).length > 0);
      await closeConnections('amqp-reject');
    }
    const good = new Set(NUMBERS.filter(isGood));
    await until(() => new Set(written(folder)).size === good.size);
    await until(async () => (await peer.waiting(queue)) === 0);
    await running.stop();
    expect(new Set(written(folder))).toEqual(good);
    const texts = new Set((await peer.drain(dead)).map((message) => message.content.toString()));
    expect(texts).toEqual(new Set(NUMBERS.filter((n) => !isGood(n)).map(content)));
  });

  it('works where nothing is kept, and rejects a message of lines as a whole', async () => {
    const peer = await Peer.open();
    const { queue, dead } = await queues(peer);
    const folder = newFolder();
    const bad = '{"n":5}\nno JSON\n{"n":6}\n';
    await peer.send(queue, ['{"n":1}\n{"n":2}\n', bad, '{"n":3}\n', bad]);
    const sink = '{ type: blackhole, inputs: [inverted] }';
    const source = ', framing: lines, follow: false';
    await (await start(pipeline({ queue, folder, source, sink }))).ended;
    expect((await peer.drain(dead)).map((message) => message.content.toString())).toEqual([bad, bad]);
    expect(await peer.waiting(queue)).toBe(0);
  });
});

it('finds the deliveries of records, whatever was taken before', () => {
  const deliveries = fc.array(
    fc.record({ gap: fc.nat(2), records: fc.nat(3), bad: fc.nat(2), ends: fc.boolean() }),
  );
  fc.assert(
    fc.property(deliveries, (all) => {
      const rejected = new Rejected();
      const expected = new Set<number>();
      let [number, record] = [-1, 0];
      for (const { gap, records, bad, ends } of all) {
        number += 1 + gap;
        rejected.passed(number, record);
        if (bad < records) {
          rejected.reject(record + bad);
          expected.add(number);
        }
        record += records;
        if (!ends) continue;
        expect(rejected.take(number + 1)).toEqual(expected);
        expected.clear();
      }
      expect(rejected.take(number + 1)).toEqual(expected);
    }),
  );
});
