import { describe, expect, it } from 'vitest';
import { ROUTE } from '../../src/transforms/route.js';
import { type Outcome, run } from './support.js';

const RECORDS = [{ n: 1 }, { n: 5 }, { n: 9 }, { n: 'text' }, { n: 3 }];
const ROUTES = { small: 'n < 4', odd: 'n % 2 == 1', large: 'n > 8' };

/** The rows that each reader got. */
function rowsOf({ batches, readers }: Outcome): Record<string, number[]> {
  return Object.fromEntries(
    batches.map(({ origin }, i) => [readers[i]!, [...origin.offsets].map((offset) => offset / 10)]),
  );
}

function route(
  readers: Record<string, string[]>,
  match = 'first',
  records: readonly object[] = RECORDS,
): Outcome {
  return run(ROUTE, { routes: ROUTES, match, readers }, records as never);
}

describe('route', () => {
  it('gives a record to the first condition that is true', () => {
    const outcome = route({ a: ['small'], b: ['odd'], c: ['large'], d: ['unmatched'] });
    expect(rowsOf(outcome)).toEqual({ a: [0, 4], b: [1, 2], d: [3] });
    expect(outcome).toMatchObject({ passedOn: 5, dropped: 0, failed: [] });
  });

  it('gives a record to all conditions that are true, where it is asked to', () => {
    const outcome = route({ a: ['small'], b: ['odd'], c: ['large'], d: ['unmatched'] }, 'all');
    expect(rowsOf(outcome)).toEqual({ a: [0, 4], b: [0, 1, 2, 4], c: [2], d: [3] });
    expect(outcome).toMatchObject({ passedOn: 5, dropped: 0 });
  });

  it('gives a reader of several outputs each record once, in order', () => {
    const outcome = route({ a: ['odd', 'small', 'unmatched'] }, 'all');
    expect(rowsOf(outcome)).toEqual({ a: [0, 1, 2, 3, 4] });
    expect(outcome.batches[0]!.untouched).toBe('json');
  });

  it('asks about texts, too', () => {
    const records = Array.from({ length: 50 }, (_, i) => ({
      path: `/${i % 3 ? 'api' : 'web'}/a/long/path/${i}`,
    }));
    const routes = {
      api: 'path.startsWith("/api")',
      one: 'path == "/web/a/long/path/3" || path.endsWith("/6")',
    };
    const outcome = (match: string) =>
      run(ROUTE, { routes, match, readers: { a: ['api'], b: ['one'] } }, records as never);
    const api = records.flatMap((_, i) => (i % 3 ? [i] : []));
    for (const match of ['first', 'all']) {
      const rows = Object.values(rowsOf(outcome(match))).map((offsets) => offsets.length);
      expect(rows).toEqual([api.length, 2]);
    }
  });

  it('drops and counts what goes to an output that nobody reads', () => {
    expect(route({ a: ['small'] })).toMatchObject({ passedOn: 2, dropped: 3 });
    expect(route({ a: ['large'] }, 'first', [{ n: 1 }])).toMatchObject({
      passedOn: 0,
      dropped: 1,
      batches: [],
    });
  });

  it('counts conditions that cannot be evaluated only for the records that come to them', () => {
    const records = [{ n: 'text' }, { n: 1 }, {}];
    const routes = { first: 'n == "text"', second: 'n % 2 == 1' };
    const { counts } = run(ROUTE, { routes, match: 'first', readers: { a: ['second'] } }, records);
    expect(counts.condition_failed).toBe(1);
    const all = run(ROUTE, { routes, match: 'all', readers: { a: ['second'] } }, records);
    expect(all.counts.condition_failed).toBe(2);
  });
});
