import type { RecordScope, RowFunction } from './row-function.js';
import { CelMap, Failure, Optional, typeOf, type Value } from './values.js';

interface Item {
  readonly isOptional: boolean;
  readonly value: RowFunction;
}

interface Entry extends Item {
  readonly key: RowFunction;
}

/** `[a, ?b]`. */
export function listFunction(items: readonly Item[]): RowFunction {
  return (scope) => {
    const values: Value[] = [];
    for (const item of items) {
      const value = valueOfItem(item, scope);
      if (value instanceof Failure) return value;
      if (value !== undefined) values.push(value);
    }
    return values;
  };
}

/** `{a: b, ?c: d}`. */
export function mapFunction(entries: readonly Entry[]): RowFunction {
  return (scope) => {
    const result = new CelMap();
    for (const entry of entries) {
      const key = entry.key(scope);
      if (key instanceof Failure) return key;
      const value = valueOfItem(entry, scope);
      if (value instanceof Failure) return value;
      if (value === undefined) continue;
      const failure = addEntry(result, key, value);
      if (failure) return failure;
    }
    return result;
  };
}

/** Adds an entry to a map that an expression makes; returns why it cannot be. */
export function addEntry(map: CelMap, key: Value, value: Value): Failure | undefined {
  if (map.has(key)) return new Failure('a key stands twice in a map');
  return typeof key !== 'number' && map.set(key, value)
    ? undefined
    : new Failure(`${typeOf(key)} is no key of a map`);
}

/** The value of an item, undefined for an optional one that is empty. */
function valueOfItem(item: Item, scope: RecordScope): Value | undefined {
  const value = item.value(scope);
  if (!item.isOptional || value instanceof Failure) return value;
  return value instanceof Optional ? value.value : new Failure(`? takes an optional, not ${typeOf(value)}`);
}
