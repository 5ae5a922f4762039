import { describe, expect, it } from 'vitest';
import type { Config, JsonValue } from '#component';
import { generateSource } from '../../connectors/generate/index.js';
import { configOf, stageContext } from '../conformance/contexts.js';
import { CountingOutlet, receive, receiveAll, saysOnlyWhere, textOf } from '../conformance/outlet.js';
import { asKept, readFrom, testSource } from '../conformance/source-suite.js';

const never = new AbortController().signal;
const sourceOf = (options: Config) =>
  generateSource.create(configOf(generateSource, options), stageContext());

async function lines(options: Config, batchBytes = 10_000): Promise<string[]> {
  const outlet = new CountingOutlet(batchBytes);
  const text = textOf(await receiveAll(sourceOf(options).read(outlet, never, new Map()), outlet));
  expect(text.endsWith('\n') || text === '').toBe(true);
  return text.split('\n').slice(0, -1);
}

for (const kind of ['access_log', 'app_json']) {
  testSource(`generate, ${kind}`, {
    make: () => sourceOf({ kind, count: 50 }),
    longestRecord: 640,
    resumes: true,
  });
}

describe('generate source', () => {
  it('makes lines of an access log, two in a hundred of them failures, in the order of time', async () => {
    const made = await lines({ kind: 'access_log', count: 20_000, seed: 3 });
    expect(made).toHaveLength(20_000);
    const combined =
      /^\d+\.\d+\.\d+\.\d+ - - \[(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) \+0000\] "[A-Z]+ \/\S* HTTP\/[12]\.\d" (\d{3}) \d+ "[^"]+" "[^"]+"$/;
    let last = 0;
    let failures = 0;
    for (const line of made) {
      const [, day, month, year, time, status] = combined.exec(line) ?? [];
      expect(status, line).toBeDefined();
      const now = Date.parse(`${month} ${day} ${year} ${time} UTC`);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
      if (Number(status) >= 500) failures++;
    }
    expect(failures / made.length).toBeGreaterThan(0.015);
    expect(failures / made.length).toBeLessThan(0.025);
  });

  it('makes nested JSON documents of 300 to 400 bytes, eight in a hundred of them errors', async () => {
    const made = await lines({ kind: 'app_json', count: 10_000 });
    const documents = made.map(
      (line) => JSON.parse(line) as { level: string; timestamp: string; http: object },
    );
    const errors = documents.filter(({ level }) => level === 'error').length;
    expect(errors / documents.length).toBeGreaterThan(0.07);
    expect(errors / documents.length).toBeLessThan(0.09);
    const average = made.reduce((sum, line) => sum + line.length, 0) / made.length;
    expect(average).toBeGreaterThan(300);
    expect(average).toBeLessThan(400);
    expect(Object.keys(documents[0]!)).toHaveLength(12);
    const times = documents.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort());
  });

  it('makes the same records for the same seed, however large the batches are', async () => {
    for (const kind of ['access_log', 'app_json']) {
      const made = await lines({ kind, count: 500, seed: 5 });
      expect(await lines({ kind, count: 500, seed: 5 }, 1000)).toEqual(made);
      expect(await lines({ kind, count: 500, seed: 6 })).not.toEqual(made);
    }
  });

  it('ends after the records of a rate and a duration', async () => {
    const startMs = performance.now();
    expect(await lines({ rate: 500, duration: 100 })).toHaveLength(50);
    expect(performance.now() - startMs).toBeGreaterThan(80);
    expect((await lines({ duration: 20 })).length).toBeGreaterThan(0);
    expect(await lines({ count: 0 })).toEqual([]);
  });

  it('begins at the time that it is told', async () => {
    const field = generateSource.fields.find(({ name }) => name === 'start_time')!;
    const parse = (field.type as { parse: (text: string) => number }).parse;
    const [first] = await lines({ kind: 'app_json', count: 1, start_time: parse('2030-05-06T07:08:09Z') });
    expect(first).toContain('2030-05-06T07:08:09.');
    expect(() => parse('soon')).toThrow('expected a time such as 2026-01-01T00:00:00Z, found "soon"');
  });

  it('goes on with the records of its seed only', async () => {
    const make = (seed: number) => () => sourceOf({ count: 30, seed });
    const { positions } = await readFrom(make(1), { from: new Map() });
    expect((await readFrom(make(1), { from: asKept(positions) })).received).toEqual([]);
    const other = await readFrom(make(2), { from: asKept(positions) });
    expect(textOf(other.received).split('\n')).toHaveLength(31);
  });

  it('goes on as quickly however many records were made', async () => {
    const make = () => sourceOf({ count: 10 ** 12 });
    const { positions } = await readFrom(make, { from: new Map(), chunks: 2 });
    const [key, position] = [...asKept(positions)][0]!;
    const from = new Map([[key, { ...(position as object), made: 10 ** 12 - 5 }]]);
    const { received } = await readFrom(make, { from });
    expect(textOf(received).split('\n')).toHaveLength(6);
  });

  it('counts the duration of all runs, though its end finds nothing to make', async () => {
    const make = () => sourceOf({ duration: 40 });
    const outlet = new CountingOutlet(1000);
    const startMs = performance.now();
    const positions = new Map<string, JsonValue>();
    for await (const chunk of make().read(outlet, never, new Map())) {
      receive(chunk, outlet);
      positions.set(chunk.resume!.key, chunk.resume!.position);
      // As a slow sink: the time is over when it asks for more.
      while (performance.now() - startMs < 50) await new Promise(setImmediate);
    }
    expect(
      (await readFrom(make, { from: asKept(positions) })).received.filter((chunk) => !saysOnlyWhere(chunk)),
    ).toEqual([]);
  });

  it('goes on at its pace, and makes no more in all than rate and duration say', async () => {
    const make = () => sourceOf({ rate: 1000, duration: 200 });
    const first = await readFrom(make, { from: new Map(), chunks: 100 });
    const startMs = performance.now();
    const second = await readFrom(make, { from: asKept(first.positions) });
    const made = textOf(first.received).split('\n').length - 1;
    expect(made + textOf(second.received).split('\n').length - 1).toBe(200);
    // What is left takes its time: the records of the time between the runs do not come at once.
    expect(performance.now() - startMs).toBeGreaterThan(200 - made - 20);
  });
});
