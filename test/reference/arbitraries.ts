// Random pipelines and random input for the comparison with the reference interpreter.
import fc from 'fast-check';
import {
  FAILED,
  type PlainRecord,
  type ReferenceExpression,
  type ReferenceInput,
  type ReferenceStage,
  type ReferenceTransform,
  SECRET,
  type Value,
} from './interpreter.js';
import { type Asked, isRouting, type ReferenceExchange, type ReferenceRouting } from './routing.js';

const isNumber = (value: Value | undefined): value is number => typeof value === 'number';
const isText = (value: Value | undefined): value is string => typeof value === 'string';
/** A comparison with what is missing is false; with what is no number, it is an error. */
const isGreater = (value: Value | undefined, limit: number): boolean | typeof FAILED =>
  isNumber(value) ? value > limit : value === undefined || value === null ? false : FAILED;
const nested = (record: PlainRecord): Value | undefined => {
  const n = record.n;
  return n !== null && typeof n === 'object' && !Array.isArray(n) ? (n as PlainRecord).x : undefined;
};

const CONDITIONS: readonly ReferenceExpression[] = [
  { text: 'a >= 3', value: ({ a }) => isNumber(a) && a >= 3 },
  { text: 'a == 2', value: ({ a }) => a === 2 },
  { text: 's == "x1"', value: ({ s }) => s === 'x1' },
  {
    text: 's == "a longer text than twelve bytes"',
    value: ({ s }) => s === 'a longer text than twelve bytes',
  },
  { text: 's.startsWith("x")', value: ({ s }) => (isText(s) ? s.startsWith('x') : FAILED) },
  { text: 's.contains("é")', value: ({ s }) => (isText(s) ? s.includes('é') : FAILED) },
  {
    text: 's.endsWith("1") || a > 5',
    value: ({ s, a }) => (isText(s) && s.endsWith('1')) || (isNumber(a) && a > 5),
  },
  { text: 'a > 0 && b', value: ({ a, b }) => isNumber(a) && a > 0 && b === true },
  { text: 'b', value: ({ b }) => b ?? false },
  { text: 'n.x > 2', value: (record) => isNumber(nested(record)) && (nested(record) as number) > 2 },
  { text: 'a in [1, 2, 3]', value: ({ a }) => isNumber(a) && [1, 2, 3].includes(a) },
  { text: 'size(s) > 2', value: ({ s }) => (isText(s) ? [...s].length > 2 : FAILED) },
  { text: 'true', value: () => true },
  { text: '1 > 2', value: () => false },
];

/** Names that `set` may give values to, and expressions for them; `FAILED` where the record has no such value. */
const SETTERS: readonly ReferenceExpression[] = [
  { text: 'a + 1', value: ({ a }) => (isNumber(a) ? a + 1 : FAILED) },
  { text: 'a * 3 - 2', value: ({ a }) => (isNumber(a) ? a * 3 - 2 : FAILED) },
  { text: 's + "!"', value: ({ s }) => (isText(s) ? `${s}!` : FAILED) },
  { text: '"constant"', value: () => 'constant' },
  { text: 'size(s)', value: ({ s }) => (isText(s) ? [...s].length : FAILED) },
  { text: 'a > 2', value: ({ a }) => isGreater(a, 2) },
  {
    text: 'a > 2 ? "big" : "small"',
    value: ({ a }) => {
      const greater = isGreater(a, 2);
      return greater === FAILED ? FAILED : greater ? 'big' : 'small';
    },
  },
  { text: 'null', value: () => null },
];

const render = (value: Value | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
const TEMPLATES: readonly ReferenceExpression[] = [
  { text: 'fixed', value: () => 'fixed' },
  { text: '{s}/{a}', value: ({ s, a }) => `${render(s)}/${render(a)}` },
  { text: '{{{a}}}', value: ({ a }) => `{${render(a)}}` },
];

const NAMES = ['a', 's', 'b', 'n', 'z', 'new name'] as const;

const text = fc.constantFrom(
  '',
  'x1',
  'x2',
  'é1',
  'a longer text than twelve bytes',
  'quote " and \\',
  'tab\tnl\n',
  '🦆 x',
  SECRET,
  `"\n${SECRET}`,
);
const record = fc.record(
  {
    a: fc.integer({ min: -3, max: 9 }),
    s: text,
    b: fc.boolean(),
    n: fc.record({ x: fc.integer({ min: 0, max: 5 }), y: text }),
    other: fc.oneof(fc.constant(null), text, fc.array(fc.integer(), { maxLength: 3 })),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<PlainRecord>;

const BROKEN_LINES = [
  '{',
  '{"a":}',
  'no json',
  '{"a":1}}',
  '["unclosed',
  '{"a":01}',
  '{"s":"tab\tinside"}',
  '{"a":1',
];
const line = fc.oneof(
  { weight: 12, arbitrary: record.map((value) => ({ text: JSON.stringify(value), record: value })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...BROKEN_LINES).map((broken) => ({ text: broken, record: undefined })),
  },
);

const transform: fc.Arbitrary<ReferenceTransform> = fc.oneof(
  fc.record({ type: fc.constant('filter' as const), where: fc.constantFrom(...CONDITIONS) }),
  fc.record({
    type: fc.constant('map' as const),
    set: fc.dictionary(fc.constantFrom('z', 'a', 's2'), fc.constantFrom(...SETTERS), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
    add: fc.dictionary(fc.constantFrom('t', 's'), fc.constantFrom(...TEMPLATES), {
      maxKeys: 1,
      noNullPrototype: true,
    }),
    rename: fc.constantFrom<Record<string, string>>({}, {}, { s: 'renamed' }, { a: 'z', n: 'm' }),
    keep: fc.option(fc.uniqueArray(fc.constantFrom(...NAMES, 'renamed', 't'), { minLength: 1 }), {
      nil: undefined,
      freq: 3,
    }),
    drop: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }),
  }),
  fc.record({
    type: fc.constant('explode' as const),
    field: fc.constantFrom('other', 'other', 'n'),
    into: fc.constantFrom('other', 'a', 'item'),
    index: fc.constantFrom('z', 'place'),
    whenEmpty: fc.constantFrom('keep' as const, 'drop' as const),
  }),
  fc.record({
    type: fc.constant('enrich' as const),
    key: fc.constantFrom('s' as const, 'a' as const, 'b' as const),
    prefix: fc.constantFrom('', 'table_'),
    whenUnknown: fc.constantFrom('keep' as const, 'drop' as const, 'fail' as const),
  }),
  fc.record({
    type: fc.constant('redact' as const),
    fields: fc.option(fc.subarray(['s', 'n', 'other', 'z'], { minLength: 1 }), { nil: undefined }),
  }),
);

/** The inbox of a stage. */
export type RandomQueue =
  | undefined
  | 'memory'
  | 'spill'
  | { readonly partitions: number; readonly key?: string };
/** What can be asked of each type of stage that does not give all records to all its readers. */
const ASKED: Readonly<Record<ReferenceRouting['type'], readonly Asked[]>> = {
  route: ['small', 'text', 'unmatched'],
  direct: ['x1', 'x2', '', 'é1', 'true', 'constant'],
  topic: ['#', 'k.x1.#', 'k.*.2', 'k.#.1', '*.x2.*', '#.x1.#', 'k..*', '#.5', 'k.*'],
  fanout: ['everything'],
  headers: [
    { match: 'all', headers: { text: 'x1' } },
    { match: 'all', headers: { text: 'x1', number: 2 } },
    { match: 'any', headers: { text: 'x2', number: 3, 'x-bool': true } },
    { match: 'all', headers: { number: null } },
    { match: 'all-with-x', headers: { 'x-bool': false } },
    { match: 'any-with-x', headers: { 'x-bool': true, text: 'a longer text than twelve bytes' } },
    { match: 'all', headers: {} },
    { match: 'any', headers: {} },
  ],
};

const exchange = fc
  .record({
    type: fc.constantFrom('direct' as const, 'topic' as const, 'fanout' as const, 'headers' as const),
    unrouted: fc.constantFrom('dead_letter' as const, 'drop' as const),
  })
  .map(({ type, unrouted }): ReferenceExchange => {
    if (type === 'fanout') return { type, unrouted };
    if (type === 'headers') return { type, unrouted, headers: { text: 's', number: 'a', 'x-bool': 'b' } };
    const direct = { text: '{s}', value: ({ s }: PlainRecord) => render(s) };
    const topic = { text: 'k.{s}.{a}', value: ({ s, a }: PlainRecord) => `k.${render(s)}.${render(a)}` };
    return { type, unrouted, key: type === 'direct' ? direct : topic };
  });

const route: fc.Arbitrary<ReferenceTransform> = fc.record({
  type: fc.constant('route' as const),
  routes: fc.record({ small: fc.constantFrom(...CONDITIONS), text: fc.constantFrom(...CONDITIONS) }),
  match: fc.constantFrom('first' as const, 'all' as const),
});

/** What one stage reads of another, by numbers that any choice can be made from. */
const reading = fc.record({ pick: fc.nat(), asks: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }) });

type Readings = readonly { readonly pick: number; readonly asks: readonly number[] }[];

/** Inputs among `ids`, each once, with what is asked of those that are routes and exchanges. */
function choose(
  readings: Readings,
  ids: readonly string[],
  stages: readonly ReferenceStage[],
): Pick<ReferenceStage, 'inputs' | 'asks'> {
  const asks: Record<string, Asked[]> = {};
  const inputs = new Set<string>();
  for (const { pick, asks: numbers } of readings) {
    const id = ids[pick % ids.length]!;
    if (inputs.has(id)) continue;
    inputs.add(id);
    const transform = stages.find((stage) => stage.id === id)?.transform;
    if (!transform || !isRouting(transform)) continue;
    const all = ASKED[transform.type];
    asks[id] = [...new Set(numbers.map((number) => all[number % all.length]!))];
  }
  return { inputs: [...inputs], asks };
}

export interface RandomPipeline {
  readonly inputs: readonly ReferenceInput[];
  readonly stages: readonly (ReferenceStage & { readonly queue: RandomQueue })[];
  readonly batchBytes: number;
  readonly batchRecords: number;
  /** Smaller than a batch, now and then: everything has to pass all the same. */
  readonly queueBytes: number;
}

const queue: fc.Arbitrary<RandomQueue> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.constantFrom('memory' as const, 'spill' as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<RandomQueue>(
      { partitions: 1 },
      { partitions: 3 },
      { partitions: 3, key: 'a' },
    ),
  },
);

/** Sources s0…, transforms t0…, sinks k0…; every source and transform has a reader. */
export const randomPipeline: fc.Arbitrary<RandomPipeline> = fc
  .record({
    lines: fc.array(fc.array(line, { maxLength: 40 }), { minLength: 1, maxLength: 2 }),
    transforms: fc.array(
      fc.record({
        transform: fc.oneof({ weight: 4, arbitrary: transform }, route, exchange),
        inputs: fc.array(reading, { minLength: 1, maxLength: 2 }),
        queue,
        onError: fc.constantFrom('dead_letter' as const, 'drop' as const),
      }),
      { maxLength: 5 },
    ),
    sinks: fc.array(fc.record({ readings: fc.array(reading, { minLength: 1, maxLength: 2 }), queue }), {
      minLength: 1,
      maxLength: 2,
    }),
    batchBytes: fc.constantFrom(64, 300, 4096),
    batchRecords: fc.constantFrom(1, 3, 1000),
    queueBytes: fc.constantFrom(4096, 65536),
  })
  .map(({ lines, transforms, sinks, ...sizes }) => {
    const inputs = lines.map((rows, i) => ({ id: `s${i}`, lines: rows }));
    const ids = inputs.map(({ id }) => id);
    const stages: (ReferenceStage & { queue: RandomQueue })[] = [];
    for (const [i, random] of transforms.entries()) {
      stages.push({ ...random, id: `t${i}`, ...choose(random.inputs, ids, stages) });
      ids.push(`t${i}`);
    }
    const read = new Set(stages.flatMap((stage) => stage.inputs));
    const unread = ids.filter((id) => !read.has(id));
    for (const [i, { readings, queue }] of sinks.entries()) {
      const others = i === 0 ? unread.map((id) => ({ pick: ids.indexOf(id), asks: [0, 3] })) : [];
      stages.push({
        id: `k${i}`,
        ...choose([...readings, ...others], ids, stages),
        transform: undefined,
        onError: 'dead_letter',
        queue,
      });
    }
    return { inputs, stages, ...sizes };
  });
