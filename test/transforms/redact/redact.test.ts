import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDACT } from '../../../src/transforms/redact/index.js';
import { runs } from '../../support/property.js';
import { type Layout, type PlainRecord, run } from '../support.js';

const BOB = 'bob@example.com';
const CARD = 4111111111111111;
const COLUMNS: Layout = { columns: ['s', 'n', 'x'], document: false };

const redact = (config: Readonly<Record<string, unknown>>, record: PlainRecord, layout?: Layout) =>
  run(REDACT, config, [record], layout).records[0];

describe('redact', () => {
  it('puts names in the place of what it finds, and leaves the rest', () => {
    const s = `from ${BOB} at 10.0.0.1, card 4111 1111 1111 1111`;
    for (const layout of [undefined, COLUMNS]) {
      expect(redact({}, { s, n: 1 }, layout)).toEqual({ s: 'from [email] at [ip], card [card]', n: 1 });
      expect(redact({ find: ['ip'], action: 'remove' }, { s: 'x 10.0.0.1 y' }, layout)).toEqual({
        s: 'x  y',
      });
    }
  });

  it('hashes with a key, equal values alike', () => {
    const hash = createHmac('sha256', 'key').update('4111111111111111').digest('hex').slice(0, 16);
    const config = { action: 'hash', hash_key: 'key' };
    const { s } = redact(config, { s: '4111 1111 1111 1111 = 4111111111111111' })!;
    expect(s).toBe(`[card:${hash}] = [card:${hash}]`);
    expect(redact({ ...config, hash_key: 'other' }, { s: '4111111111111111' })!.s).not.toContain(hash);
  });

  it('looks into nested values, the names of their members and numbers', () => {
    const x = { [BOB]: 1, list: [`a ${BOB}`, CARD, { n: CARD, m: -1.5e3 }], n: 1 };
    const expected = { '[email]': 1, list: ['a [email]', '[card]', { n: '[card]', m: -1500 }], n: 1 };
    expect(redact({}, { x, y: CARD })).toEqual({ x: expected, y: '[card]' });
    expect(redact({}, { x, y: CARD }, { columns: ['x', 'z'], document: true })).toEqual({
      x: expected,
      y: '[card]',
    });
  });

  it('sees through escapes, and keeps those of what it leaves', () => {
    const s = `line "1"\n${BOB}\t\u{1f986} \\n10.0.0.1`;
    expect(redact({}, { s, x: [s] })).toEqual({
      s: 'line "1"\n[email]\t🦆 \\n10.0.0.1',
      x: ['line "1"\n[email]\t🦆 \\n10.0.0.1'],
    });
  });

  it('leaves the names of fields, and fields that are not named', () => {
    const record = { [BOB]: BOB, s: BOB, x: [BOB] };
    expect(redact({ fields: ['s'] }, record)).toEqual({ ...record, s: '[email]' });
    expect(redact({}, record)).toEqual({ [BOB]: '[email]', s: '[email]', x: ['[email]'] });
  });

  it('makes a text of a number only where its field is named', () => {
    for (const layout of [undefined, COLUMNS]) {
      expect(redact({ fields: ['n'] }, { n: CARD, x: 1 }, layout)).toEqual({ n: '[card]', x: 1 });
      expect(redact({ fields: ['n'], patterns: { two: '2' } }, { n: 1.25 }, layout)).toEqual({
        n: '1.[two]5',
      });
    }
    expect(redact({}, { n: CARD }, COLUMNS)).toEqual({ n: CARD });
    const shape = { fields: new Map([['n', 'int']] as const), open: false };
    const kindOf = (config: object) => REDACT.shape({ find: ['card'], ...config }, shape).fields.get('n');
    expect([kindOf({}), kindOf({ fields: ['n'] }), kindOf({ fields: ['n'], find: ['ip'] })]).toEqual([
      'int',
      'any',
      'int',
    ]);
  });

  it('passes on as they are what it finds nothing in', () => {
    const { batches } = run(REDACT, {}, [{ s: 'nothing', n: 12345 }, { s: 'here' }]);
    expect(batches[0]!.document!.vector.uniform).toBeDefined();
    expect(batches[0]!.rows).toBe(2);
  });

  it('changes exactly the texts that hold a secret, in any layout', () => {
    const text = fc.array(fc.constantFrom(BOB, '10.0.0.1', ' ', 'word ', '"', '\\', '\n', 'é'), {
      maxLength: 6,
    });
    const value = text.map((parts) => parts.map((part) => ` ${part} `).join(''));
    const nested = fc.oneof(
      value,
      fc.array(value, { maxLength: 3 }),
      fc.record({ k: value }, { noNullPrototype: true }),
      fc.constantFrom(null, true, 7),
    );
    const records = fc.array(
      fc.record({ s: value, x: nested, y: nested }, { requiredKeys: [], noNullPrototype: true }),
      { minLength: 1, maxLength: 5 },
    );
    const layouts = fc.constantFrom<Layout>(
      { columns: [], document: true },
      { columns: ['s', 'x', 'y'], document: false },
      { columns: ['x'], document: true },
    );
    const property = fc.property(
      records,
      layouts,
      fc.option(fc.subarray(['s', 'x', 'y'], { minLength: 1 })),
      (input, layout, fields) => {
        const config = { find: ['email', 'ip'], ...(fields && { fields }) };
        const plain = (each: unknown): unknown =>
          JSON.parse(JSON.stringify(each).replaceAll(BOB, '[email]').replaceAll('10.0.0.1', '[ip]'));
        const expected = input.map((record) =>
          Object.fromEntries(
            Object.entries(record).map(([name, each]) => [
              name,
              !fields || fields.includes(name) ? plain(each) : each,
            ]),
          ),
        );
        expect(run(REDACT, config, input, layout).records).toEqual(expected);
      },
    );
    fc.assert(property, { numRuns: runs(1000) });
  });

  it('refuses what cannot be meant', () => {
    const check = (config: object) =>
      REDACT.check!({ find: ['ip'], action: 'mask', ...config }).map(({ field }) => field);
    expect(check({})).toEqual([]);
    expect(check({ find: [] })).toEqual(['find']);
    expect(check({ find: [], patterns: { 'a b': 'x' } })).toEqual(['patterns.a b']);
    expect(check({ action: 'hash' })).toEqual(['action']);
  });
});
