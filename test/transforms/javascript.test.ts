import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Arena, type Batch, textAt } from '../../src/batch/index.js';
import { compileExpression, parseExpression } from '../../src/expression/index.js';
import { JAVASCRIPT } from '../../src/transforms/javascript/index.js';
import { type PlainRecord, run } from './support.js';

/** A module of the user's. */
function moduleOf(code: string, name = 'user.mjs'): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-javascript-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, code);
  return path;
}

function idsOf(arena: Arena, batch: Batch): string[] {
  const ids = compileExpression(parseExpression('meta.id')).evaluate(arena, batch);
  return Array.from({ length: batch.rows }, (_, row) => textAt(arena, ids, row));
}

const call = (code: string, records: readonly PlainRecord[], options: object = {}) =>
  run(JAVASCRIPT, { module: moduleOf(code), ...options }, records);

describe('javascript', () => {
  it('gives each record to the function, and takes what it gives', () => {
    const code =
      'export default ({ a, ...rest }, meta) => ({ ...rest, b: a * 2, at: meta.offset, id: meta.id })';
    const { records, passed } = call(code, [
      { a: 1, s: 'é"' },
      { a: 2, o: { x: [1] } },
    ]);
    expect(records).toEqual([
      { s: 'é"', b: 2, at: 0, id: 'test:test.log:0' },
      { o: { x: [1] }, b: 4, at: 10, id: 'test:test.log:10' },
    ]);
    expect(passed).toEqual([0, 1]);
  });

  it('leaves records out, and makes several of one', () => {
    const code =
      'export default ({ n }) => n === 0 ? null : Array.from({ length: n - 1 }, (_, i) => ({ n, i }))';
    const { records, passed, dropped, added, failed } = call(code, [{ n: 0 }, { n: 1 }, { n: 2 }, { n: 4 }]);
    expect(records).toEqual([{ n: 2, i: 0 }, ...[0, 1, 2].map((i) => ({ n: 4, i }))]);
    expect({ passed, dropped, added, failed }).toEqual({
      passed: [2, 3, 3, 3],
      dropped: 2,
      added: 2,
      failed: [],
    });
  });

  it('gives records that it makes of one ids of their own', () => {
    const made = call(
      'export default ({ n }) => (n < 0 ? { n } : Array.from({ length: n }, () => ({ n })))',
      [{ n: -1 }, { n: 2 }, { n: 1 }],
    );
    expect(idsOf(made.arena, made.batches[0]!)).toEqual([
      'test:test.log:0',
      'test:test.log:10/0',
      'test:test.log:10/1',
      'test:test.log:20/0',
    ]);
  });

  it('fails the record on which the function throws, with the place', () => {
    const code =
      'export default (record) => {\n  if (record.n === 1) record.missing.x = 1;\n  return record;\n}';
    const { records, failed } = call(code, [{ n: 0 }, { n: 1 }, { n: 2 }]);
    expect(records).toEqual([{ n: 0 }, { n: 2 }]);
    expect(failed).toEqual([
      {
        row: 1,
        code: 'javascript_failed',
        message: "TypeError: Cannot set properties of undefined (setting 'x') (user.mjs:2:40)",
      },
    ]);
  });

  it('fails what is no record', () => {
    const code =
      'export default ({ kind }) => ({ text: "x", list: [{ n: 1 }, 2], big: { n: 1n }, late: Promise.resolve({}) })[kind]';
    const { failed, dropped } = call(
      code,
      ['text', 'list', 'big', 'late', 'none'].map((kind) => ({ kind })),
    );
    const expected = 'expected an object, an array of objects, or nothing; the function gave';
    expect(failed.map(({ row, message }) => [row, message])).toEqual([
      [0, `${expected} a value of type string`],
      [1, `${expected} a value of type number`],
      [2, 'Do not know how to serialize a BigInt'],
      [3, `${expected} a promise: it must not be async`],
    ]);
    expect(dropped).toBe(1);
  });

  it('gives a whole batch to the function, which gives as many items', () => {
    const code =
      'export const all = (records, metas) => records.map(({ n }, i) => n % 2 ? undefined : { n, offset: metas[i].offset })';
    const { records, dropped } = call(code, [{ n: 0 }, { n: 1 }, { n: 2 }], {
      per: 'batch',
      function: 'all',
    });
    expect(records).toEqual([
      { n: 0, offset: 0 },
      { n: 2, offset: 20 },
    ]);
    expect(dropped).toBe(1);
    const short = call('export default (records) => records.slice(1)', [{ n: 0 }, { n: 1 }], {
      per: 'batch',
    });
    expect(short.failed).toHaveLength(2);
    expect(short.failed[0]!.message).toContain(
      'expected an array with an item for each of 2 records, got 1 items',
    );
  });

  it('says before the first record what is wrong with a module', async () => {
    const wrong = async (code: string, name?: string) => {
      const module = moduleOf(code, name);
      const { build } = JAVASCRIPT.resource!({ module, function: 'shape', per: 'record' });
      return await build(new Uint8Array()).then(
        () => 'nothing',
        (error: Error) => error.message.replace(module, 'MODULE'),
      );
    };
    expect(await wrong('export const shape = () => {}')).toBe('nothing');
    expect(await wrong('module.exports = { shape() {} }', 'user.cjs')).toBe('nothing');
    expect(await wrong('export default () => {}; export const shap = () => {}')).toBe(
      'the module MODULE: it exports no function "shape", but default, shap',
    );
    expect(await wrong('export const shape = (')).toContain('SyntaxError');
    expect(await wrong('import "./missing.mjs"; export const shape = () => {}')).toContain('missing.mjs');
  });

  it('takes TypeScript where this Node can', () => {
    const problems = JAVASCRIPT.check!({ module: 'shape.ts' });
    const can = Boolean((process.features as { typescript?: unknown }).typescript);
    expect(problems.map(({ field }) => field)).toEqual(can ? [] : ['module']);
    if (!can) expect(problems[0]!.message).toContain('cannot run TypeScript');
    else {
      const module = moduleOf(
        'export default (record: { n: number }): object => ({ m: record.n })',
        'user.ts',
      );
      expect(run(JAVASCRIPT, { module }, [{ n: 1 }]).records).toEqual([{ m: 1 }]);
    }
  });
});
