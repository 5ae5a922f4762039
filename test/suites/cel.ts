import { compileRow } from '../../src/expression/interpreter.js';
import { parseTree } from '../../src/expression/parse.js';
import type { RecordScope } from '../../src/expression/row-function.js';
import {
  CelMap,
  Duration,
  Failure,
  isList,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from '../../src/expression/values.js';
import { failed, type Outcome, PASSED, type Suite, same } from './suite.js';

const NANOS_PER_SECOND = 1_000_000_000n;

/**
 * The cases of cel-spec. What an expression gives is compared with its type; of errors it only counts that there is one,
 * since the specification leaves their words open.
 */
export const CEL_SUITE: Suite = {
  name: 'cel',
  run: ({ input, options, expected }) => {
    const { ok, error } = expected as { ok?: unknown; error?: unknown };
    const bindings = (options?.bindings ?? {}) as Record<string, unknown>;
    let value: Value;
    try {
      value = evaluate(String(input), bindings, options?.disable_check !== true);
    } catch (thrown) {
      return error === undefined ? failed(`refused: ${(thrown as Error).message}`) : PASSED;
    }
    if (error !== undefined) return value instanceof Failure ? PASSED : failed(`found ${show(value)}`);
    return sameValue(value, ok);
  },
};

function evaluate(text: string, bindings: Readonly<Record<string, unknown>>, isChecked: boolean): Value {
  const scope: RecordScope = {
    field: (name) => (Object.hasOwn(bindings, name) ? celValue(bindings[name]) : undefined),
    meta: () => null,
    locals: [],
  };
  return compileRow(parseTree(text, isChecked).root)(scope);
}

function sameValue(value: Value, expected: unknown): Outcome {
  if (value instanceof Failure) return failed(`error: ${value.message}`);
  return same(plain(value), plain(celValue(expected)));
}

/** A value of the suite as ours. Objects are those of a record. */
export function celValue(written: unknown): Value {
  if (Array.isArray(written)) return written.map(celValue);
  if (typeof written !== 'object' || written === null) return written as Value;
  const [[tag, content] = ['', undefined]] = Object.entries(written) as [string, unknown][];
  switch (tag) {
    case '$int':
      return BigInt(content as string);
    case '$uint':
      return new Uint(BigInt(content as string));
    case '$double':
      return doubleOf(content as string);
    case '$bytes':
      return Buffer.from(content as string, 'base64');
    case '$type':
      return new TypeValue(content as string);
    case '$timestamp':
      return new Timestamp(BigInt(Date.parse(content as string)) * 1_000_000n);
    case '$duration': {
      const { seconds, nanos } = content as { seconds?: string; nanos?: string };
      return new Duration(BigInt(seconds ?? 0) * NANOS_PER_SECOND + BigInt(nanos ?? 0));
    }
    case '$map': {
      const map = new CelMap(true);
      for (const [key, value] of content as [unknown, unknown][]) map.set(celValue(key), celValue(value));
      return map;
    }
    default:
      throw new Error(`a value of an unknown kind: ${tag}`);
  }
}

function doubleOf(text: string): number {
  if (/^-?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

/** A value so that equal ones are deeply equal: with its type, and maps without an order. */
function plain(value: Value): unknown {
  if (typeof value === 'number') return { double: value };
  if (value instanceof Uint) return { uint: value.value };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (value instanceof TypeValue) return { type: value.name };
  if (value instanceof Timestamp) return { timestamp: value.nanos };
  if (value instanceof Duration) return { duration: value.nanos };
  if (isList(value)) return value.map(plain);
  if (value instanceof CelMap) {
    const entries = Array.from(
      value.entries(),
      ({ key, value: member }) => [show(key), plain(member)] as const,
    );
    return { map: new Map(entries) };
  }
  return value;
}

function show(value: Value): string {
  return JSON.stringify(plain(value), (_, item) => (typeof item === 'bigint' ? String(item) : item));
}
