import { mismatchMessage } from './arithmetic.js';
import type { ComparisonOperator } from './tree.js';
import {
  CelMap,
  compareValues,
  equalValues,
  Failure,
  isList,
  numberOf,
  typeOf,
  type Value,
} from './values.js';

/** A member of an object; null where a record's object has none, as of null. */
export function memberOf(value: Value, key: string): Value {
  if (value === null) return null;
  if (!(value instanceof CelMap)) return new Failure(`no member "${key}" in ${typeOf(value)}`);
  const member = value.get(key);
  if (member !== undefined) return member;
  return value.isRecord ? null : new Failure(`no such key: "${key}"`);
}

/** `has(value.key)`. */
export function hasMember(value: Value, key: string): Value {
  if (value === null) return false;
  return value instanceof CelMap ? value.has(key) : new Failure(`no member "${key}" in ${typeOf(value)}`);
}

/** `value[key]` of lists and maps. */
export function indexed(value: Value, key: Value): Value {
  if (value === null) return null;
  if (isList(value)) {
    const number = numberOf(key);
    const index = Number(number);
    if (number === undefined || !Number.isInteger(index)) {
      return new Failure(`a list is indexed by int, not by ${typeOf(key)}`);
    }
    return (
      value[index] ?? (index in value ? null : new Failure(`no item ${index} in a list of ${value.length}`))
    );
  }
  if (!(value instanceof CelMap))
    return new Failure(`${typeOf(value)} has no [] (only lists and objects have)`);
  const member = value.get(key);
  if (member !== undefined) return member;
  return value.isRecord && typeof key === 'string' ? null : new Failure('no such key');
}

/** An order of null and anything is false, since a record may lack the field; equality knows no errors. */
export function compare(operator: ComparisonOperator, a: Value, b: Value): Value {
  if (operator === '==') return equalValues(a, b);
  if (operator === '!=') return !equalValues(a, b);
  if (a === null || b === null) return false;
  const order = compareValues(a, b);
  if (order === undefined) return new Failure(mismatchMessage(operator, typeOf(a), typeOf(b)));
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

/** Nothing is in a list that the record lacks. */
export function isIn(a: Value, b: Value): Value {
  if (b === null) return false;
  if (isList(b)) return b.some((item) => equalValues(a, item));
  return b instanceof CelMap ? b.has(a) : new Failure(`in does not take ${typeOf(b)} on its right`);
}
