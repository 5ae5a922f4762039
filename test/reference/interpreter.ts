// A second, deliberately naive implementation of pipelines: one plain object a record, one record at a time.
// Random pipelines must give the same records here and in the engine.

import { type Asked, isRouting, type ReferenceRouting, routeAll, toReader } from './routing.js';

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
export type PlainRecord = { readonly [key: string]: Value };

/** An evaluation that failed, as opposed to a value. */
export const FAILED = Symbol('failed');

/** An expression as it stands in the YAML, and what it means for a plain object. */
export interface ReferenceExpression {
  readonly text: string;
  readonly value: (record: PlainRecord) => Value | typeof FAILED;
}

export type ReferenceTransform =
  | { readonly type: 'filter'; readonly where: ReferenceExpression }
  | {
      readonly type: 'map';
      readonly set: Readonly<Record<string, ReferenceExpression>>;
      readonly add: Readonly<Record<string, ReferenceExpression>>;
      readonly rename: Readonly<Record<string, string>>;
      readonly keep: readonly string[] | undefined;
      readonly drop: readonly string[];
    }
  | {
      readonly type: 'explode';
      readonly field: string;
      readonly into: string;
      readonly index: string;
      readonly whenEmpty: 'keep' | 'drop';
    }
  /** Of the secrets that random texts hold, only `SECRET`. */
  | { readonly type: 'redact'; readonly fields: readonly string[] | undefined }
  | {
      readonly type: 'enrich';
      readonly key: 's' | 'a' | 'b';
      readonly prefix: string;
      readonly whenUnknown: 'keep' | 'drop' | 'fail';
    }
  | ReferenceRouting;

/** The table that records are enriched from. */
export const TABLE: readonly PlainRecord[] = [
  { code: 'x1', title: 'short', b: false },
  { code: 2, title: 'a title of more than twelve bytes', b: null },
  { code: '3', title: { nested: ['é'] } },
  { code: 'x1', title: 'the last row of a key counts', b: 1.5 },
];

export const SECRET = 'bob@example.com';

export interface ReferenceStage {
  readonly id: string;
  readonly inputs: readonly string[];
  /** What it asks of those inputs that are routes and exchanges. */
  readonly asks: Readonly<Record<string, readonly Asked[]>>;
  /** Undefined for sinks. */
  readonly transform: ReferenceTransform | undefined;
  readonly onError: 'dead_letter' | 'drop';
}

export interface ReferenceInput {
  readonly id: string;
  /** The raw lines, with the object each stands for; undefined when the line is no record. */
  readonly lines: readonly { readonly text: string; readonly record: PlainRecord | undefined }[];
}

export interface ReferenceResult {
  /** What arrives at each stage, in order as far as one input goes. */
  readonly received: ReadonlyMap<string, readonly PlainRecord[]>;
  readonly deadLetters: readonly { readonly stage: string; readonly record: string }[];
}

export interface Tracked {
  readonly line: string;
  readonly record: PlainRecord;
}

/** Runs the stages (inputs before their readers) over the inputs. */
export function interpret(
  inputs: readonly ReferenceInput[],
  stages: readonly ReferenceStage[],
): ReferenceResult {
  const out = new Map<string, Tracked[]>();
  const received = new Map<string, PlainRecord[]>();
  const deadLetters: { stage: string; record: string }[] = [];
  for (const { id, lines } of inputs) {
    const good: Tracked[] = [];
    for (const { text, record } of lines) {
      if (record) good.push({ line: text, record });
      else deadLetters.push({ stage: id, record: text });
    }
    out.set(id, good);
  }
  for (const stage of stages) {
    const arriving = stage.inputs.flatMap((id) => out.get(toReader(id, stage.id)) ?? out.get(id)!);
    received.set(
      stage.id,
      arriving.map(({ record }) => record),
    );
    if (!stage.transform) continue;
    if (isRouting(stage.transform)) {
      for (const { line } of routeAll(stage.id, stage.transform, arriving, stages, out))
        if (stage.onError === 'dead_letter') deadLetters.push({ stage: stage.id, record: line });
      continue;
    }
    const passed: Tracked[] = [];
    for (const tracked of arriving) {
      const records = apply(stage.transform, tracked.record);
      if (records === FAILED) {
        if (stage.onError === 'dead_letter') deadLetters.push({ stage: stage.id, record: tracked.line });
      } else {
        for (const record of records) passed.push({ line: tracked.line, record });
      }
    }
    out.set(stage.id, passed);
  }
  return { received, deadLetters };
}

/** The records that a transform makes of one. */
function apply(
  transform: Exclude<ReferenceTransform, ReferenceRouting>,
  input: PlainRecord,
): readonly PlainRecord[] | typeof FAILED {
  switch (transform.type) {
    case 'filter':
      return transform.where.value(input) === true ? [input] : [];
    case 'map':
      return map(transform, input);
    case 'explode':
      return explode(transform, input);
    case 'enrich':
      return enrich(transform, input);
    case 'redact':
      return [redact(transform, input)];
  }
}

type Of<T extends ReferenceTransform['type']> = ReferenceTransform & { readonly type: T };

function explode({ field, into, index, whenEmpty }: Of<'explode'>, input: PlainRecord) {
  const { [field]: list, ...rest } = input;
  if (list === undefined || list === null || (Array.isArray(list) && list.length === 0)) {
    return whenEmpty === 'keep' ? [without(rest, [into, index])] : [];
  }
  if (!Array.isArray(list)) return FAILED;
  return list.map((item: Value, place) => ({
    ...without(rest, [into, index]),
    [into]: item,
    [index]: place,
  }));
}

function enrich({ key, prefix, whenUnknown }: Of<'enrich'>, input: PlainRecord) {
  const wanted = input[key];
  const isKey = wanted !== undefined && wanted !== null && wanted !== '';
  const row = isKey ? TABLE.findLast(({ code }) => String(code) === String(wanted)) : undefined;
  if (!row) return whenUnknown === 'fail' ? FAILED : whenUnknown === 'drop' ? [] : [input];
  const added = Object.entries(row).filter(([name]) => name !== 'code');
  return [{ ...input, ...Object.fromEntries(added.map(([name, value]) => [prefix + name, value])) }];
}

function redact({ fields }: Of<'redact'>, input: PlainRecord): PlainRecord {
  const clean = (value: Value) => JSON.parse(JSON.stringify(value).replaceAll(SECRET, '[email]')) as Value;
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      fields === undefined || fields.includes(name) ? clean(value) : value,
    ]),
  );
}

function without(record: PlainRecord, names: readonly string[]): PlainRecord {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

function map(transform: Of<'map'>, input: PlainRecord): readonly PlainRecord[] | typeof FAILED {
  const record: Record<string, Value> = { ...input };
  for (const [name, { value }] of Object.entries({ ...transform.set })) {
    const result = value(record);
    if (result === FAILED) return FAILED;
    record[name] = result;
  }
  for (const [name, { value }] of Object.entries(transform.add)) record[name] = value(record) as Value;
  for (const [from, to] of Object.entries(transform.rename)) {
    if (!Object.hasOwn(record, from)) continue;
    const value = record[from]!;
    delete record[from];
    record[to] = value;
  }
  for (const name of Object.keys(record)) {
    const kept = transform.keep === undefined || transform.keep.includes(name);
    if (!kept || transform.drop.includes(name)) delete record[name];
  }
  return [record];
}
