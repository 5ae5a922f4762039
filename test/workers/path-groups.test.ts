import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/batch/index.js';
import type { ChainPlan, NodePlan } from '../../src/plan/index.js';
import { Chain } from '../../src/workers/chain.js';
import { COUNTERS, Counter, DEAD_LETTERS, type TripResult } from '../../src/workers/trip.js';
import { runs } from '../support/property.js';

const arena = new Arena(64 * 1024 * 1024);
const partition = { source: 'in', name: 'in.log' };

async function chainTo(template: string, format = 'json', maxRecords = 65_536): Promise<Chain> {
  const common = { type: 'file', config: {}, onError: 'dead_letter' as const };
  const decode: NodePlan = {
    ...common,
    kind: 'decode',
    stage: 'in',
    inputs: [],
    format: { type: 'json' },
    framing: 'lines',
    wantedNames: ['host', 'n'],
    wantsAll: true,
  };
  const encode: NodePlan = {
    ...common,
    kind: 'encode',
    stage: 'out',
    inputs: [0],
    format: { type: format },
    shape: { fields: [], open: true },
    path: { template, time: 'timestamp' },
  };
  const plan: ChainPlan = { id: 'in', nodes: [decode, encode], maxRecords, copiesLines: false };
  return await Chain.create(plan, 'test', arena);
}

function run(chain: Chain, lines: readonly string[]): TripResult {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const buffer = new ArrayBuffer(Math.max(4096, bytes.length));
  new Uint8Array(buffer).set(bytes);
  const input = { buffer, byteOffset: 0, length: bytes.length, partition, offset: 0, readAtMs: 0 };
  return chain.run({ chain: 0, input: { kind: 'bytes', ...input }, spares: [] }, 0);
}

/** What goes to each path, in order. */
function written(result: TripResult): [string, string][] {
  const output = result.outputs.find(({ node }) => node === 1);
  if (output?.kind !== 'bytes') return [];
  let at = output.byteOffset;
  return output.parts!.map(({ key, length }) => {
    const text = Buffer.from(output.buffer, at, length).toString();
    at += length;
    return [key, text];
  });
}

function letters(result: TripResult): { code: string; message: string; offset: number; stage: string }[] {
  const output = result.outputs.find(({ node }) => node === DEAD_LETTERS);
  if (output?.kind !== 'bytes') return [];
  const text = Buffer.from(output.buffer, 0, output.length).toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('records that go to paths', () => {
  it('are together by path, in the order in which they came', async () => {
    const result = run(await chainTo('out/{host}.log'), [
      '{"host":"b","n":1}',
      '{"host":"a","n":2}',
      '{"host":"b","n":3}',
    ]);
    expect(written(result)).toEqual([
      ['out/b.log', '{"host":"b","n":1}\n{"host":"b","n":3}\n'],
      ['out/a.log', '{"host":"a","n":2}\n'],
    ]);
    expect(result.outputs[0]!.records).toBe(3);
  });

  it('go back in the buffer that they came in when all have the same', async () => {
    const lines = Array.from({ length: 500 }, (_, n) => `{"host":"a","n":${n}}`);
    const result = run(await chainTo('out/{host}.log'), lines);
    expect(written(result)).toEqual([['out/a.log', lines.map((line) => `${line}\n`).join('')]]);
    expect(result.returned).toEqual([]);
  });

  it('are dead letters when they have none that is safe, and cost no other record', async () => {
    const result = run(await chainTo('out/{host}.log'), [
      '{"host":"../../etc/x","n":1}',
      '{"host":"a","n":2}',
      '{"n":3}',
      '{"host":"\\u0000","n":4}',
    ]);
    expect(written(result)).toEqual([['out/a.log', '{"host":"a","n":2}\n']]);
    expect(letters(result)).toMatchObject([
      {
        code: 'path_refused',
        stage: 'out',
        message: 'the path "out/../../etc/x.log" is refused: it leads out of its folder with ".."',
      },
      { code: 'path_refused', message: 'it has no path: {host} is empty' },
      { code: 'path_refused', message: expect.stringContaining('U+0000') },
    ]);
    expect([Counter.IN, Counter.DEAD].map((counter) => result.counts[COUNTERS + counter])).toEqual([3, 3]);
  });

  it('are split as a plain program would split them, whatever they are, in trips of any batches', async () => {
    const host = fc.oneof(fc.constantFrom('a', 'b', 'c', '../x'), fc.string({ maxLength: 20 }));
    const record = fc.record({ host, n: fc.nat() });
    const chains = [await chainTo('out/{host}.log'), await chainTo('out/{host}.log', 'json', 7)];
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 300 }),
        fc.constantFrom(...chains),
        (records, chain) => {
          const result = run(
            chain,
            records.map((one) => JSON.stringify(one)),
          );
          const refused = letters(result);
          const expected = new Map<string, string>();
          const paths = new Set(written(result).map(([key]) => key));
          for (const one of records) {
            const key = `out/${one.host}.log`;
            if (paths.has(key)) expected.set(key, `${expected.get(key) ?? ''}${JSON.stringify(one)}\n`);
          }
          expect(new Map(written(result))).toEqual(expected);
          const count = [...expected.values()].reduce((sum, text) => sum + text.split('\n').length - 1, 0);
          expect(count + refused.length).toBe(records.length);
          for (const path of paths) expect(path).not.toMatch(/(^|\/)\.\.?(\/|$)|\0|\/\//);
        },
      ),
      { numRuns: runs(300) },
    );
  });
});
