import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/batch/index.js';
import {
  HEADER_MATCHES,
  HeadersRouter,
  type HeaderValue,
  isHeaderMatch,
  KeyRouter,
  NO_KEY,
  rowsByConsumer,
  wrongBindingKey,
} from '../../src/routing/index.js';
import { runs } from '../support/property.js';
import { directConsumers, headersConsumers, topicConsumers } from './naive.js';
import { textsIn, vectorOf } from './support.js';

const arena = new Arena(16 * 1024 * 1024);
const consumer = fc.nat(4);

const word = fc.constantFrom('a', 'b', 'ab', '', 'é', 'a#b', 'a much longer word than twelve bytes', '*x');
const key = fc.array(word, { maxLength: 6 }).map((words) => words.join('.'));
const pattern = fc
  .array(fc.oneof(word, fc.constantFrom('*', '#', '#')), { maxLength: 6 })
  .map((words) => words.join('.'));

describe('a topic exchange', () => {
  it('matches as each binding does for itself', () => {
    const bindings = fc.array(fc.record({ consumer, key: pattern }), { maxLength: 12 });
    fc.assert(
      fc.property(bindings, fc.array(key, { minLength: 1, maxLength: 30 }), (bindings, keys) => {
        arena.reset();
        const router = new KeyRouter('topic', bindings);
        // Twice, so that what was found is asked for again.
        for (let round = 0; round < 2; round++) {
          const sets = router.route(arena, textsIn(arena, keys));
          for (const [row, key] of keys.entries())
            expect([...router.consumers.of(sets[row]!)]).toEqual(topicConsumers(bindings, key));
        }
      }),
      { numRuns: runs(2000) },
    );
  });

  it('takes time in proportion to the key, whatever the bindings', () => {
    const bindings = ['#.a.#', '#.a.#.b.#.c', '#.#.#.#.#.#.#.#.#.#.#.x'].map((key) => ({ consumer: 0, key }));
    const steps = (words: number): number => {
      const router = new KeyRouter('topic', bindings);
      arena.reset();
      const keys = textsIn(arena, [Array.from({ length: words }, () => 'a').join('.')]);
      const startMs = performance.now();
      for (let i = 0; i < 20; i++) router.route(arena, keys);
      return performance.now() - startMs;
    };
    steps(10_000);
    expect(steps(80_000)).toBeLessThan(steps(10_000) * 8 * 5 + 20);
  });

  it('goes on right when it has forgotten what it knew', () => {
    const bindings = Array.from({ length: 600 }, (_, i) => ({ consumer: i % 40, key: `#.${i}.#` }));
    const router = new KeyRouter('topic', bindings);
    for (let batch = 0; batch < 40; batch++) {
      arena.reset();
      const keys = Array.from({ length: 2000 }, (_, i) => {
        const n = batch * 2000 + i;
        return `${n % 600}.${(n * 7) % 601}.${(n * 13) % 607}`;
      });
      const sets = router.route(arena, textsIn(arena, keys));
      for (let row = batch % 50; row < keys.length; row += 50)
        expect([...router.consumers.of(sets[row]!)]).toEqual(topicConsumers(bindings, keys[row]!));
    }
  });
});

describe('a direct exchange', () => {
  it('compares keys byte by byte', () => {
    const bindings = fc.array(fc.record({ consumer, key }), { maxLength: 30 });
    fc.assert(
      fc.property(bindings, fc.array(key, { minLength: 1, maxLength: 30 }), (bindings, keys) => {
        arena.reset();
        const router = new KeyRouter('direct', bindings);
        const sets = router.route(arena, textsIn(arena, keys));
        for (const [row, key] of keys.entries())
          expect([...router.consumers.of(sets[row]!)]).toEqual(directConsumers(bindings, key));
      }),
      { numRuns: runs(1000) },
    );
  });
});

describe('a headers exchange', () => {
  const names = ['format', 'level', 'x-kind', 'n'];
  const value: fc.Arbitrary<HeaderValue> = fc.constantFrom(
    'pdf',
    '5',
    5,
    5.5,
    0,
    true,
    false,
    null,
    'a longer text than twelve',
  );
  const headers = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true });

  it('matches as each binding does for itself', () => {
    const binding = fc.record({ consumer, match: fc.constantFrom(...HEADER_MATCHES), headers });
    fc.assert(
      fc.property(
        fc.array(binding, { maxLength: 12 }),
        fc.array(headers, { minLength: 1, maxLength: 30 }),
        (bindings, records) => {
          arena.reset();
          const router = new HeadersRouter(names, bindings);
          const columns = names.map((name) =>
            vectorOf(
              arena,
              records.map((record) => record[name]),
            ),
          );
          for (let round = 0; round < 2; round++) {
            const sets = router.route(arena, columns, records.length);
            for (const [row, record] of records.entries())
              expect([...router.consumers.of(sets[row]!)]).toEqual(headersConsumers(bindings, record));
          }
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  it('goes on right when it has forgotten what it knew', () => {
    const bindings = Array.from({ length: 500 }, (_, i) => ({
      consumer: i % 60,
      match: i % 2 === 0 ? ('all' as const) : ('any' as const),
      headers: { format: i % 25, level: i % 31, n: i % 17 },
    }));
    const router = new HeadersRouter(['format', 'level', 'n'], bindings);
    const random = (n: number, seed: number) => Math.imul(n ^ seed, 0x9e3779b1) >>> 16;
    for (let batch = 0; batch < 12; batch++) {
      arena.reset();
      const records = Array.from({ length: 2000 }, (_, i) => ({
        format: random(batch * 2000 + i, 1) % 26,
        level: random(batch * 2000 + i, 2) % 32,
        n: random(batch * 2000 + i, 3) % 18,
      }));
      const columns = (['format', 'level', 'n'] as const).map((name) =>
        vectorOf(
          arena,
          records.map((record) => record[name]),
        ),
      );
      const sets = router.route(arena, columns, records.length);
      for (let row = batch % 20; row < records.length; row += 20)
        expect([...router.consumers.of(sets[row]!)]).toEqual(headersConsumers(bindings, records[row]!));
    }
  });
});

describe('the rows of a batch', () => {
  it('are listed for each consumer in their order, once, however many bindings match', () => {
    arena.reset();
    const router = new KeyRouter('topic', [
      { consumer: 0, key: 'a.#' },
      { consumer: 0, key: '#.b' },
      { consumer: 2, key: '*.b' },
    ]);
    const keys = textsIn(arena, ['a.b', 'x', 'a', 'c.b', 'a.b']);
    const sets = router.route(arena, keys);
    sets[4] = NO_KEY;
    const { delivered, unrouted } = rowsByConsumer(arena, sets, router.consumers);
    const rows = [...delivered].map(([to, { list, count }]) => [to, [...list.subarray(0, count)]]);
    expect(rows).toEqual([
      [0, [0, 2, 3]],
      [2, [0, 3]],
    ]);
    expect([...unrouted.list.subarray(0, unrouted.count)]).toEqual([1]);
  });

  it('have no key where the column has an error', () => {
    arena.reset();
    const router = new KeyRouter('direct', [{ consumer: 0, key: 'a' }]);
    const sets = router.route(arena, vectorOf(arena, ['a', undefined, 'b']));
    expect([...sets]).toEqual([1, NO_KEY, 0]);
  });
});

describe('bindings', () => {
  it('are refused as brokers refuse them', () => {
    expect(wrongBindingKey('topic', '#.a.#')).toBeUndefined();
    expect(wrongBindingKey('topic', '#.a.#.b.#')).toContain('at most 2 words "#", this one has 3');
    expect(wrongBindingKey('direct', '#.#.#')).toBeUndefined();
    expect(wrongBindingKey('direct', 'é'.repeat(127))).toBeUndefined();
    expect(wrongBindingKey('direct', 'é'.repeat(128))).toContain('at most 255 bytes, this one has 256');
    expect(isHeaderMatch('any-with-x')).toBe(true);
    expect(isHeaderMatch(23)).toBe(false);
  });
});
