import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith, KAFKA, KAFKA_BROKER } from '../../support/brokers.js';
import { runInThread } from '../../support/run-pipeline.js';
import { type Fetched, kcat, unique } from './kafka-support.js';

const describeKafka = await describeWith(KAFKA);

const RECORDS = [
  '{"n":1,"at":"2026-11-24T08:30:00.123456Z","half":0.5,"items":[{"a":1},{"a":"zwei"}],"deep":{"x":[1,"é"]}}',
  '{"n":2,"at":"2026-11-24T08:30:01Z","half":2.0,"big":12345678901234567890,"items":[{"a":null}],"ok":true}',
  '{"n":-1,"at":"1969-01-01T00:00:00Z","half":1e300,"name":"Zoë \\"the\\" 🦊","items":[7]}',
  '{"n":3,"at":"2026-11-24T08:30:02Z","half":-0.25,"items":[],"name":null}',
  '{"n": 5 ,"at":"2026-11-24T08:30:03Z","half":3.5,"name":"long enough to be no part of a view","items":[{"a":1.5}]}',
];

const queue = (topic: string): string =>
  `{ type: kafka, brokers: ["${KAFKA_BROKER}"], topic: ${topic}, partitions: 1, payload: json }`;

/** What comes out behind a queue, of records with values of all types. */
async function written(folder: string, name: string, inQueue: string, format: string): Promise<string> {
  const out = join(folder, `${name}.${format}`);
  const yaml = `
name: payload
sources: { in: { type: file, paths: ["${folder}/in.ndjson"], format: json, follow: false } }
transforms:
  items: { type: explode, inputs: [in], field: items }
  typed:
    type: map
    inputs: [items]
    set: { time: timestamp(at), twice: half * 2.0, more: n + 1, label: name, yes: ok, large: big, inner: deep }
  behind:
    type: map
    inputs: [typed]
    queue: ${inQueue}
    set: { id: meta.id, offset: meta.offset, file: meta.file, late: "time + duration('1s')", sum: more + 1 }
sinks: { out: { type: file, inputs: [behind], path: "${out}", format: ${format} } }
runtime: { state: "${join(folder, `state-${name}`)}" }
`;
  await runInThread(yaml, join(folder, 'pipeline.yaml'));
  return readFileSync(out, 'utf8');
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  writeFileSync(join(folder, 'in.ndjson'), RECORDS.map((record) => `${record}\n`).join(''));
  return folder;
}

describeKafka('kafka queue with payload json', () => {
  it('gives what a queue in memory gives: values of all types, ids and positions', async () => {
    const folder = newFolder();
    const memory = await written(folder, 'memory', 'memory', 'json');
    expect(memory.split('\n').length).toBeGreaterThan(5);
    expect(await written(folder, 'kafka', queue(unique('payload')), 'json')).toBe(memory);
  });

  it('hands on lines that a sink writes as they came', async () => {
    const folder = newFolder();
    const lines = ['a', '', 'Zoë 🦊 "said" \\ so', 'x'.repeat(100_000), '[1,2]']
      .map((line) => `${line}\n`)
      .join('');
    writeFileSync(join(folder, 'in.log'), lines);
    const out = join(folder, 'out.log');
    const yaml = `
name: payload
sources: { in: { type: file, paths: ["${folder}/in.log"], format: lines, follow: false } }
sinks: { out: { type: file, inputs: [in], queue: ${queue(unique('payload'))}, path: "${out}", format: lines } }
runtime: { state: "${join(folder, 'state')}" }
`;
    await runInThread(yaml, join(folder, 'pipeline.yaml'));
    expect(readFileSync(out, 'utf8')).toBe(lines);
  });

  it('holds a JSON message for each record, with its id, that kcat reads', async () => {
    const folder = newFolder();
    const topic = unique('payload');
    const ids = (await written(folder, 'kafka', queue(topic), 'json'))
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { id: string }).id);
    const messages = await kcat(topic);
    const header = ({ headers = [] }: Fetched, name: string) => headers[headers.indexOf(name) + 1];
    expect(messages.map((one) => header(one, 'millrace-id'))).toEqual(ids);
    expect(messages.every((one) => header(one, 'content-type') === 'application/json')).toBe(true);
    expect(messages[0]).toMatchObject({ key: null });
    expect(JSON.parse(messages[0]!.payload!)).toMatchObject({
      time: '2026-11-24T08:30:00.123456Z',
      twice: 1,
    });
  });
});
