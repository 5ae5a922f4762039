import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignInAnyOrder, alignInOrder, type Pair } from '../../src/testing/align.js';
import { runs } from '../support/property.js';

const lists = fc.tuple(fc.array(fc.nat(3), { maxLength: 7 }), fc.array(fc.nat(3), { maxLength: 7 }));
const fitting = (pairs: readonly Pair[]) => pairs.filter(({ fits }) => fits);

/** The longest common subsequence, tried out. */
function longest(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const [first, ...rest] = a;
  const without = longest(rest, b);
  const at = b.indexOf(first!);
  return at < 0 ? without : Math.max(without, 1 + longest(rest, b.slice(at + 1)));
}

function property(check: (of: [number[], number[]]) => void): void {
  fc.assert(fc.property(lists, check), { numRuns: runs(1000) });
}

function inCommon(a: readonly number[], b: readonly number[]): number {
  const left = [...b];
  return a.filter((value) => {
    const at = left.indexOf(value);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

function eachOnce(pairs: readonly Pair[], wanted: number, found: number): void {
  const sorted = (values: (number | undefined)[]) =>
    values.filter((value) => value !== undefined).sort((a, b) => a - b);
  expect(sorted(pairs.map((pair) => pair.wanted))).toEqual([...Array(wanted).keys()]);
  expect(sorted(pairs.map((pair) => pair.found))).toEqual([...Array(found).keys()]);
}

describe('lists laid beside each other', () => {
  it('in their order: as many fit as can', () => {
    property(([wanted, found]) => {
      const pairs = alignInOrder(wanted.length, found.length, (w, f) => wanted[w] === found[f]);
      eachOnce(pairs, wanted.length, found.length);
      expect(fitting(pairs)).toHaveLength(longest(wanted, found));
      for (const pair of fitting(pairs)) expect(wanted[pair.wanted!]).toBe(found[pair.found!]);
      const places = fitting(pairs).map((pair) => pair.found!);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    });
  });

  it('in any order: as many fit as can', () => {
    property(([wanted, found]) => {
      const pairs = alignInAnyOrder(wanted.length, found.length, (w, f) => wanted[w] === found[f]);
      eachOnce(pairs, wanted.length, found.length);
      expect(fitting(pairs)).toHaveLength(inCommon(wanted, found));
    });
  });

  it('in any order: one that fits many makes room for one that fits few', () => {
    const fits = (w: number, f: number) => w === 0 || f === 0;
    expect(fitting(alignInAnyOrder(2, 2, fits))).toHaveLength(2);
  });
});
