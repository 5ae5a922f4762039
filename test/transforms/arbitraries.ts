import fc from 'fast-check';
import type { Wanted } from '../../src/formats/index.js';
import type { Layout, PlainRecord } from './support.js';

export const NAMES = ['n', 's', 'o', 'x', 'y'] as const;

const text = fc.constantFrom('', 'short', 'a text of more than twelve bytes', 'é "quoted" \\ \n🦆', '7');
const value = fc.oneof(
  text,
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(1.5, true, false, null),
  fc.constantFrom({ k: 1 }, [1, 'two'], {}),
);

/** `n` is a number and `s` a text where they are not missing or null; the others are anything. */
export const record: fc.Arbitrary<PlainRecord> = fc.record(
  {
    n: fc.option(fc.integer({ min: -5, max: 5 })),
    s: fc.option(text),
    o: fc.constantFrom({ k: 1 }, { k: 'v', l: [] }),
    x: value,
    y: value,
  },
  { requiredKeys: [], noNullPrototype: true },
);

export const records = fc.array(record, { minLength: 1, maxLength: 12 });

export const layout: fc.Arbitrary<Layout> = fc.oneof(
  fc.constant({ columns: NAMES, document: false }),
  fc.record({ columns: fc.subarray([...NAMES]), document: fc.constant(true), shared: fc.boolean() }),
);

export const wanted: fc.Arbitrary<Wanted> = fc.record({
  names: fc.subarray([...NAMES, 'z']).map((names) => new Set<string>(names)),
  all: fc.boolean(),
});
