import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Table, TimeSecond, tableToIPC, vectorFromArray } from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { deadLettersIn } from '../support/letters-in.js';
import { runInThread } from '../support/run-pipeline.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-arrow-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let states = 0;

async function run(stages: string, batchBytes = 5000): Promise<string> {
  const state = join(root, `state${states++}`);
  await runInThread(`name: p\nruntime: { state: ${state} }\n${stages}`, 'p.yaml', { batchBytes });
  return state;
}

const lines = Array.from(
  { length: 3000 },
  (_, i) => `{"id":${i},"text":"${'x'.repeat(i % 50)}","at":{"n":[${i}]},"big":12345678901234567890}`,
);

describe('a source of arrow', () => {
  const source = join(root, 'in.ndjson');
  const arrow = join(root, 'x.arrow');
  const write = `sources: { in: { type: file, paths: [${source}], format: json } }
transforms: { shaped: { type: map, inputs: [in], set: { level: id % 2 == 0 } } }
sinks: { out: { type: file, inputs: [shaped], path: ${arrow}, format: arrow } }`;

  it('gives what a sink wrote, plain and compressed, through chunks of any size, and dead letters as JSON', async () => {
    writeFileSync(source, `${lines.join('\n')}\n`);
    await run(write);
    writeFileSync(`${arrow}.gz`, gzipSync(readFileSync(arrow)));
    for (const [path, batchBytes] of [
      [arrow, 4096],
      [arrow, 1 << 20],
      [`${arrow}.gz`, 30_000],
    ] as const) {
      const out = join(root, `out${states}.ndjson`);
      const state = await run(
        `sources: { in: { type: file, paths: [${path}], format: arrow } }
transforms:
  some: { type: filter, inputs: [in], where: level && id != 4 }
  fails: { type: map, inputs: [in], set: { y: 1 / (id - 7) } }
sinks:
  out: { type: file, inputs: [some], path: ${out} }
  none: { type: blackhole, inputs: [fails] }`,
        batchBytes,
      );
      const expected = lines.flatMap((line, i) =>
        i % 2 === 0 && i !== 4 ? [{ ...(JSON.parse(line) as object), level: true }] : [],
      );
      const found = readFileSync(out, 'utf8').trimEnd().split('\n');
      expect(found.map((line) => JSON.parse(line))).toEqual(expected);
      expect(found[0]).toContain('12345678901234567890');
      const letters = await deadLettersIn(join(state, 'p'));
      expect(letters).toHaveLength(1);
      expect(JSON.parse(letters[0]!.record!)).toMatchObject({ id: 7, at: { n: [7] }, level: false });
    }
  });

  it('keeps a message that cannot be read, whole as it is, and says why', async () => {
    const path = join(root, 'odd.arrow');
    const table = new Table({ ok: vectorFromArray([1, 2]), span: vectorFromArray([5, 6], new TimeSecond()) });
    writeFileSync(path, tableToIPC(table, 'stream'));
    const state = await run(`sources: { in: { type: file, paths: [${path}], format: arrow } }
sinks: { out: { type: file, inputs: [in], path: ${path}.ndjson } }`);
    const letters = await deadLettersIn(join(state, 'p'));
    expect(letters.map(({ code, message }) => [code, message])).toEqual([
      ['decode_failed', expect.stringContaining('the column "span" is of the type Time32<SECOND>')],
    ]);
  });

  it.each([
    ['other bytes', Buffer.from('{"a":1}\n{"a":2}\n'), 'found other bytes'],
    ['the beginning of a schema', undefined, 'found only its beginning'],
  ])('ends with the name of a file that holds %s', async (name, bytes, message) => {
    const path = join(root, `${name}.bin`);
    writeFileSync(path, bytes ?? readFileSync(arrow).subarray(0, 40));
    const running = run(`sources: { in: { type: file, paths: ["${path}"], format: arrow } }
sinks: { out: { type: blackhole, inputs: [in] } }`);
    await expect(running).rejects.toMatchObject({
      code: 'wrong_format',
      message: expect.stringContaining(message),
    });
    await running.catch((error: Error) => expect(error.message).toContain(path));
  });
});
