import { describe, expect, it } from 'vitest';
import { EXCHANGES } from '../../src/transforms/index.js';
import { type Outcome, type PlainRecord, run } from './support.js';

function exchange(type: string, config: object, records: readonly PlainRecord[]): Outcome {
  return run(EXCHANGES.find(({ name }) => name === type)!, config as never, records);
}

/** The rows that each reader got. */
function rowsOf({ batches, readers }: Outcome): Record<string, number[]> {
  return Object.fromEntries(
    batches.map(({ origin }, i) => [readers[i]!, [...origin.offsets].map((offset) => offset / 10)]),
  );
}

const RECORDS = [
  { area: 'cart', status: 200 },
  { area: 'cart', status: 500 },
  { area: 'a "quoted" é', status: 500 },
  { status: 404 },
];
const KEY = { routing_key: 'web.{area}.{status}' };

describe('a topic exchange', () => {
  it('gives a record once to each reader that has a binding for it', () => {
    const readers = { a: ['web.cart.#', '#.500'], b: ['web.*.500'], c: ['web..404'], d: ['nothing'] };
    const outcome = exchange('topic', { ...KEY, readers }, RECORDS);
    expect(rowsOf(outcome)).toEqual({ a: [0, 1, 2], b: [1, 2], c: [3] });
    expect(outcome).toMatchObject({ passedOn: 4, dropped: 0, failed: [] });
  });

  it('passes the very same batch to a reader that gets all of it', () => {
    const { batches } = exchange('topic', { ...KEY, readers: { a: ['#'] } }, RECORDS);
    expect(batches).toHaveLength(1);
    expect(batches[0]!.untouched).toBe('json');
  });

  it('makes dead letters of what matches no binding, drops it, or leaves it to another exchange', () => {
    const readers = { a: ['#.200'] };
    const kept = exchange('topic', { ...KEY, readers }, RECORDS);
    expect(kept).toMatchObject({ passedOn: 1, dropped: 0 });
    expect(kept.failed.map(({ row, code }) => [row, code])).toEqual(
      [1, 2, 3].map((row) => [row, 'unrouted']),
    );
    expect(kept.failed[1]!.message).toBe('no binding matches its routing key "web.a \\"quoted\\" é.500"');
    expect(exchange('topic', { ...KEY, readers, unrouted: 'drop' }, RECORDS)).toMatchObject({
      passedOn: 1,
      dropped: 3,
      failed: [],
    });
    const left = exchange('topic', { ...KEY, readers, alternate_exchange: 'rest' }, RECORDS);
    expect(rowsOf(left)).toEqual({ a: [0], rest: [1, 2, 3] });
    expect(left).toMatchObject({ passedOn: 4, failed: [] });
  });

  it('fails records whose key cannot be computed', () => {
    const config = { routing_key: '{area + 1}', readers: { a: ['#'] } };
    const { failed, passedOn } = exchange('topic', config, [{ area: 1 }, { area: 'x' }]);
    expect(passedOn).toBe(1);
    expect(failed).toMatchObject([{ row: 1, code: 'expression_failed' }]);
  });
});

describe('a direct exchange', () => {
  it('compares the key as text, a key of one expression as well', () => {
    const readers = { ok: ['200'], failed: ['500', '404'] };
    const outcome = exchange('direct', { routing_key: '{status}', readers }, RECORDS);
    expect(rowsOf(outcome)).toEqual({ ok: [0], failed: [1, 2, 3] });
  });

  it('undoes the quotes of texts that an expression only chooses', () => {
    const config = {
      routing_key: '{status > 300 ? area : area}',
      readers: { a: ['cart'] },
      unrouted: 'drop',
    };
    expect(rowsOf(exchange('direct', config, RECORDS))).toEqual({ a: [0, 1] });
  });
});

describe('a fanout exchange', () => {
  it('gives everything to everyone', () => {
    const outcome = exchange('fanout', { readers: { a: [], b: [] } }, RECORDS);
    expect(rowsOf(outcome)).toEqual({ a: [0, 1, 2, 3], b: [0, 1, 2, 3] });
    expect(outcome.passedOn).toBe(4);
  });
});

describe('a headers exchange', () => {
  const config = { headers: { area: '{area}', status: '{status}', 'x-kind': 'web' } };

  it('matches all or any, with types, presence and headers that begin with x-', () => {
    const readers = {
      all: [{ match: 'all', headers: { area: 'cart', status: 500 } }],
      any: [{ match: 'any', headers: { area: 'cart', status: 404 } }],
      text: [{ match: 'all', headers: { status: '500' } }],
      there: [{ match: 'all', headers: { area: null } }],
      x: [{ match: 'all-with-x', headers: { 'x-kind': 'web', status: 404 } }],
      ignored: [{ match: 'any', headers: { 'x-kind': 'web' } }],
    };
    expect(rowsOf(exchange('headers', { ...config, readers }, RECORDS))).toEqual({
      all: [1],
      any: [0, 1, 3],
      there: [0, 1, 2],
      x: [3],
    });
  });

  it('fails a record once, however many of its headers cannot be computed', () => {
    const headers = { a: '{area + 1}', b: '{area + 2}', c: '{status}' };
    const readers = { a: [{ match: 'all', headers: { c: 500 } }] };
    const { failed, passedOn } = exchange('headers', { headers, readers, unrouted: 'drop' }, RECORDS);
    expect(failed.map(({ row }) => row)).toEqual([0, 1, 2, 3]);
    expect(passedOn).toBe(0);
  });
});
