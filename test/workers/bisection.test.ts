import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Arena } from '../../src/batch/index.js';
import { Bisection, mergeResults } from '../../src/workers/bisection.js';
import { InputParts } from '../../src/workers/input-parts.js';
import type { TripInput, TripResult } from '../../src/workers/trip.js';
import { TripFailed } from '../../src/workers/trip-failed.js';
import { runs } from '../support/property.js';
import { chunk, data, LINES, lettersOf, OFFSET } from './hostile-lanes.js';

const arena = new Arena(4 * 2 ** 20);
const text = (input: TripInput): string => {
  if (input.kind !== 'bytes') throw new Error('expected bytes');
  return Buffer.from(input.buffer, input.byteOffset, input.length).toString();
};

/** Bisects records of which those with an x are poison; says what was tried, in this order. */
async function bisect(
  records: readonly string[],
  isKnown = false,
): Promise<{ tried: string[]; result: TripResult }> {
  const tried: string[] = [];
  const failure = (offset: number) =>
    new TripFailed('worker_failed', 'an x', true, isKnown ? offset : undefined);
  const parts = new InputParts(arena, data.chains[LINES]!, 'test', chunk(records));
  const results = await new Bisection(parts, async (input) => {
    const lines = text(input);
    tried.push(lines);
    const { buffer, byteOffset, length, offset } = input as TripInput & { kind: 'bytes' };
    if (lines.includes('x')) throw failure(offset + lines.indexOf('x'));
    const output = { kind: 'bytes', node: 2, records: lines.split('\n').length - 1 } as const;
    const outputs = [{ ...output, buffer, byteOffset, length }];
    return { outputs, returned: [], counts: new Float64Array(12), errors: {}, stoppedBy: undefined };
  }).run(
    1,
    failure(
      OFFSET +
        records
          .map((record) => `${record}\n`)
          .join('')
          .indexOf('x'),
    ),
  );
  return { tried, result: mergeResults(results, 12) };
}

function delivered({ outputs }: TripResult): string {
  return outputs
    .filter(({ node }) => node === 2)
    .map((output) => (output.kind === 'bytes' ? text({ ...chunk([]), ...output, kind: 'bytes' }) : ''))
    .join('');
}

it('delivers all records but the poison, once and in their order', async () => {
  const list = fc.array(fc.constantFrom('', 'a', 'bb', 'x', 'yx'), { minLength: 1, maxLength: 60 });
  const property = fc.asyncProperty(list, async (kinds) => {
    const records = kinds.map((kind, i) => (kind === '' ? '' : `${i}${kind}`));
    const { result } = await bisect([...records, 'x']);
    const well = records.filter((record) => !record.includes('x'));
    expect(delivered(result).split('\n').filter(Boolean)).toEqual(well.filter(Boolean));
    const letters = lettersOf(result).map(({ record }) => record);
    expect(letters).toEqual([...records.filter((record) => record.includes('x')), 'x']);
  });
  await fc.assert(property, { numRuns: runs(300) });
});

it('tries the record alone that is known to be to blame, and what stands on both sides of it', async () => {
  for (const place of [0, 3, 7]) {
    const records = Array.from({ length: 8 }, (_, i) => (i === place ? 'x' : `${i}`));
    const { tried, result } = await bisect(records, true);
    const side = (from: number, to: number) =>
      records
        .slice(from, to)
        .map((record) => `${record}\n`)
        .join('');
    expect(tried).toEqual([side(0, place), 'x\n', side(place + 1, 8)].filter((part) => part !== ''));
    expect(delivered(result)).toBe(side(0, 8).replace('x\n', ''));
    expect(lettersOf(result)).toMatchObject([{ record: 'x', attempts: 2 }]);
  }
  const { tried, result } = await bisect(['x', 'x', 'a', 'x'], true);
  expect(tried).toEqual(['x\n', 'x\na\nx\n', 'x\n', 'a\nx\n', 'a\n', 'x\n']);
  expect(lettersOf(result).map(({ attempts }) => attempts)).toEqual([2, 3, 4]);
});

it('tries no more than two parts for each time that it halves', async () => {
  for (const place of [0, 1, 511, 512, 700, 1023]) {
    const { tried, result } = await bisect(
      Array.from({ length: 1024 }, (_, i) => (i === place ? 'x' : `${i}`)),
    );
    expect(tried.length).toBeLessThanOrEqual(2 * Math.log2(1024));
    const [letter] = lettersOf(result);
    // Each of its tries beside the first was a part that failed.
    expect(letter.attempts).toBe(1 + tried.filter((part) => part.includes('x')).length);
  }
});
