import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AMQP_URL, describeWith, KAFKA, KAFKA_BROKER, RABBITMQ } from '../support/brokers.js';
import { runInThread } from '../support/run-pipeline.js';
import { newName, removeAfterTest } from './amqp/amqp-support.js';
import { makeTopic, unique } from './kafka/kafka-support.js';

/** A broker as the cases see it: members of YAML maps, for a place of their own. */
interface Broker {
  readonly place: () => Promise<string>;
  readonly source: (place: string) => string;
  readonly sink: (place: string) => string;
  readonly queue: (place: string) => string;
}

const kafka: Broker = {
  place: () => makeTopic(),
  source: (place) =>
    `type: kafka, brokers: ["${KAFKA_BROKER}"], topics: [${place}], group: ${place}, start: earliest, follow: false`,
  sink: (place) => `type: kafka, brokers: ["${KAFKA_BROKER}"], topic: ${place}`,
  queue: (place) => `type: kafka, brokers: ["${KAFKA_BROKER}"], topic: q-${place}, partitions: 1`,
};

const topology = (place: string) => `topology: { queues: { ${place}: {} } }`;
const rabbitmq: Broker = {
  place: async () => {
    const place = newName('conformance');
    removeAfterTest(async (channel) => {
      await channel.deleteQueue(place);
    });
    return place;
  },
  source: (place) => `type: amqp, url: "${AMQP_URL}", queue: ${place}, follow: false, ${topology(place)}`,
  sink: (place) => `type: amqp, url: "${AMQP_URL}", routing_key: ${place}, ${topology(place)}`,
  queue: (place) => `type: amqp, url: "${AMQP_URL}", queue: ${place}`,
};

/** Pipelines that are run one after another, between a file `in` and a file `out`. */
type Way = (broker: Broker, place: string, folder: string) => readonly string[];

const fileSource = (folder: string) =>
  `{ type: file, paths: ["${join(folder, 'in')}"], format: lines, follow: false }`;
const fileSink = (folder: string, more = '') =>
  `{ type: file, inputs: [in], path: "${join(folder, 'out')}", format: lines${more} }`;
const pipeline = (folder: string, name: string, source: string, sink: string) => `
name: ${name}
sources: { in: ${source} }
sinks: { out: ${sink} }
runtime: { state: "${join(folder, name)}" }
`;
const queued =
  (more: string): Way =>
  (broker, place, folder) => {
    const queue = `, queue: { ${broker.queue(place)}${more} }`;
    return [pipeline(folder, 'queued', fileSource(folder), fileSink(folder, queue))];
  };

const WAYS: Readonly<Record<string, Way>> = {
  'sink and source': (broker, place, folder) => [
    pipeline(folder, 'put', fileSource(folder), `{ ${broker.sink(place)}, inputs: [in], format: lines }`),
    pipeline(folder, 'take', `{ ${broker.source(place)}, format: lines }`, fileSink(folder)),
  ],
  queue: queued(''),
  'queue with payload json': queued(', payload: json'),
};

const RECORDS: Readonly<Record<string, readonly string[]>> = {
  'no record at all': [],
  'a single record': ['one'],
  'many records in their order': Array.from({ length: 3000 }, (_, i) => `record ${i}`),
  'empty records': ['', 'between', '', ''],
  'records of any script': ['Zoë', '日本語', '🦊 fox', 'עברית', '\u{10ffff}'],
  'quotes, backslashes and control characters': ['"said"', '\\n \\u0000', '\t\b\u0001\u007f', "it's"],
  'records that look like JSON': ['{"a":1}', '[]', 'null', '"x"', '{'],
  'a record of half a MiB among small ones': ['small', 'x'.repeat(2 ** 19), 'small'],
};

const asFile = (records: readonly string[]) => records.map((record) => `${record}\n`).join('');

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), unique('millrace-conformance')));
}

async function run(yamls: readonly string[], folder: string): Promise<void> {
  for (const yaml of yamls) await runInThread(yaml, join(folder, 'pipeline.yaml'), { batchBytes: 64 * 1024 });
}

for (const [name, broker, describeBroker] of [
  ['kafka', kafka, await describeWith(KAFKA)],
  ['rabbitmq', rabbitmq, await describeWith(RABBITMQ)],
] as const) {
  describeBroker.each(Object.entries(WAYS))(`${name}: %s`, (_, way) => {
    it.each(Object.entries(RECORDS))('passes on %s', async (_name, records) => {
      const folder = newFolder();
      writeFileSync(join(folder, 'in'), asFile(records));
      await run(way(broker, await broker.place(), folder), folder);
      expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(asFile(records));
    });

    it('goes on in a second run, and repeats nothing', async () => {
      const folder = newFolder();
      const place = await broker.place();
      writeFileSync(join(folder, 'in'), asFile(['a', 'b', 'c']));
      await run(way(broker, place, folder), folder);
      appendFileSync(join(folder, 'in'), asFile(['d', 'e']));
      await run(way(broker, place, folder), folder);
      expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(asFile(['a', 'b', 'c', 'd', 'e']));
    });
  });
}
