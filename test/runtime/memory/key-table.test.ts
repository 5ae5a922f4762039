import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTRY_BYTES, KeyTable } from '../../../src/runtime/memory/key-table.js';
import { runs } from '../../support/property.js';

type Step =
  | { readonly kind: 'put'; readonly key: number; readonly untilMs: number }
  | { readonly kind: 'forget' }
  | { readonly kind: 'epoch' };

const STEPS = fc.array(
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({ kind: fc.constant('put' as const), key: fc.nat(40), untilMs: fc.nat(1000) }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'forget' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'epoch' as const }) },
  ),
  { maxLength: 300 },
);

/** Many keys begin at the same few places of the table, at its end too. */
const wordsOf = (key: number): [low: number, high: number] => [key % 3 === 0 ? -1 - (key % 2) : key % 5, key];

/** The same, as a Map in the order of changes. */
class PlainTable {
  readonly keys = new Map<number, number>();
  readonly #maxKeys: number;
  changed = new Set<number>();

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  put(key: number, untilMs: number): number {
    let forgotten = Number.NEGATIVE_INFINITY;
    if (!this.keys.delete(key) && this.keys.size === this.#maxKeys) forgotten = this.forget();
    this.keys.set(key, untilMs);
    this.changed.add(key);
    return forgotten;
  }

  forget(): number {
    const [oldest, untilMs] = [...this.keys][0] ?? [];
    if (oldest === undefined) return Number.NEGATIVE_INFINITY;
    this.keys.delete(oldest);
    this.changed.delete(oldest);
    return untilMs!;
  }
}

function entriesOf(bytes: Uint8Array): [key: number, untilMs: number][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / ENTRY_BYTES }, (_, i) => [
    view.getInt32(i * ENTRY_BYTES + 4, true),
    view.getFloat64(i * ENTRY_BYTES + 8, true),
  ]);
}

function apply(step: Step, table: KeyTable, plain: PlainTable): void {
  if (step.kind === 'put') {
    const [low, high] = wordsOf(step.key);
    expect(table.put(table.find(low, high), low, high, step.untilMs)).toBe(plain.put(step.key, step.untilMs));
  } else if (step.kind === 'epoch') {
    table.beginEpoch();
    plain.changed.clear();
  } else if (table.size > 0) {
    table.forgetOldest();
    plain.forget();
  }
}

describe('KeyTable', () => {
  it('remembers what a plain map in the order of changes does', () => {
    const property = fc.property(STEPS, fc.integer({ min: 1, max: 50 }), (steps, maxKeys) => {
      const table = new KeyTable(maxKeys);
      const plain = new PlainTable(maxKeys);
      for (const step of steps) {
        apply(step, table, plain);
        expect(table.size).toBe(plain.keys.size);
        expect(table.oldestUntilMs).toBe([...plain.keys.values()][0] ?? Number.POSITIVE_INFINITY);
        expect(table.changes).toBe(plain.changed.size);
      }
      expect(entriesOf(table.newest(table.size))).toEqual([...plain.keys]);
      for (let key = 0; key <= 40; key++) {
        const slot = table.find(...wordsOf(key));
        expect(slot < 0 ? undefined : table.untilOf(slot)).toBe(plain.keys.get(key));
      }
    });
    fc.assert(property, { numRuns: runs(500) });
  });

  it('makes the changes of another again', () => {
    const property = fc.property(STEPS, STEPS, fc.integer({ min: 1, max: 50 }), (before, after, maxKeys) => {
      const table = new KeyTable(maxKeys);
      const plain = new PlainTable(maxKeys);
      for (const step of before) apply(step, table, plain);
      const copy = new KeyTable(maxKeys);
      copy.replay(table.newest(table.size));
      table.beginEpoch();
      for (const step of after.filter(({ kind }) => kind !== 'epoch')) apply(step, table, plain);
      copy.replay(table.newest(table.changes));
      while (copy.size > table.size) copy.forgetOldest();
      expect(entriesOf(copy.newest(copy.size))).toEqual([...plain.keys]);
    });
    fc.assert(property, { numRuns: runs(500) });
  });

  it('grows to many keys', () => {
    const table = new KeyTable(100_000);
    for (let key = 0; key < 150_000; key++) {
      const [low, high] = [Math.imul(key, 0x9e3779b1), key];
      table.put(table.find(low, high), low, high, key);
    }
    expect(table.size).toBe(100_000);
    expect(table.oldestUntilMs).toBe(50_000);
    expect(table.find(Math.imul(49_999, 0x9e3779b1), 49_999)).toBe(-1);
    expect(table.untilOf(table.find(Math.imul(149_999, 0x9e3779b1), 149_999))).toBe(149_999);
  });
});
