import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deadLettersIn } from '../support/letters-in.js';
import { logged, records, run, temporaryFolder, write } from './support.js';

const PIPELINE = `
name: poison
runtime: { trip_timeout: 500ms, workers: 2 }
sources: { in: { type: file, paths: [in.ndjson], format: json } }
transforms:
  slow: { type: map, inputs: [in], set: { all: "items.all(a, items.all(b, items.all(c, a + b + c >= 0)))" }, drop: [items] }
sinks: { out: { type: file, inputs: [slow], path: out.ndjson, format: json } }
`;

/** The work for a record grows with the third power of its list. */
const record = (i: number) => ({ i, items: Array.from({ length: i === 3 ? 4000 : 3 }, (_, item) => item) });

it('keeps a record aside that would take hours, from the first batch on', async () => {
  const cwd = temporaryFolder();
  write(cwd, 'pipeline.yaml', PIPELINE);
  write(cwd, 'in.ndjson', Array.from({ length: 200 }, (_, i) => `${JSON.stringify(record(i))}\n`).join(''));
  const { code, err } = await run(['run', 'pipeline.yaml'], { cwd });
  expect(code).toBe(0);
  const numbers = Array.from({ length: 200 }, (_, i) => i).filter((i) => i !== 3);
  expect(records(join(cwd, 'out.ndjson'))).toEqual(numbers.map((i) => ({ i, all: true })));
  const letters = await deadLettersIn(join(cwd, '.millrace/poison'));
  expect(letters).toMatchObject([{ source: 'in', stage: 'in', code: 'timeout' }]);
  // Half of 200 six times; a half that is slow for other reasons may add to that.
  expect(letters[0]!.attempts).toBeGreaterThanOrEqual(7);
  expect(letters[0]!.attempts).toBeLessThanOrEqual(9);
  expect(JSON.parse(letters[0]!.record!)).toEqual(record(3));
  const [summary] = logged(err, 'finished');
  expect(summary).toMatchObject({ deadLetters: 1, sums: { addUp: true } });
});

it('keeps aside the record on which a function of the user never ends', async () => {
  const cwd = temporaryFolder();
  write(
    cwd,
    'pipeline.yaml',
    `
name: endless
runtime: { trip_timeout: 500ms, workers: 2 }
sources: { in: { type: file, paths: [in.ndjson], format: json } }
transforms: { own: { type: javascript, inputs: [in], module: own.mjs } }
sinks: { out: { type: file, inputs: [own], path: out.ndjson, format: json } }
`,
  );
  write(
    cwd,
    'own.mjs',
    'export default ({ i }) => {\n  while (i === 3);\n  return { i, twice: 2 * i };\n};\n',
  );
  write(cwd, 'in.ndjson', Array.from({ length: 50 }, (_, i) => `{"i":${i}}\n`).join(''));
  const { code, err } = await run(['run', 'pipeline.yaml'], { cwd });
  expect(code, err).toBe(0);
  const numbers = Array.from({ length: 50 }, (_, i) => i).filter((i) => i !== 3);
  expect(records(join(cwd, 'out.ndjson'))).toEqual(numbers.map((i) => ({ i, twice: 2 * i })));
  const letters = await deadLettersIn(join(cwd, '.millrace/endless'));
  expect(letters).toMatchObject([{ source: 'in', code: 'timeout', record: '{"i":3}' }]);
});
