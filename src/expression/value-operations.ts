import { mismatchMessage } from './arithmetic.js';
import type { ComparisonOperator } from './tree.js';
import {
  CelMap,
  compareValues,
  equalValues,
  Failure,
  isList,
  numberOf,
  Optional,
  typeOf,
  type Value,
} from './values.js';

/** A member of an object; null where a record's object has none, as of null; of an optional an optional. */
export function memberOf(value: Value, key: string): Value {
  if (value === null) return null;
  if (value instanceof Optional) return within(value, (inner) => optionalMemberOf(inner, key));
  if (!(value instanceof CelMap)) return new Failure(`no member "${key}" in ${typeOf(value)}`);
  const member = value.get(key);
  if (member !== undefined) return member;
  return value.isRecord ? null : new Failure(`no such key: "${key}"`);
}

/** `value.?key`. */
export function optionalMemberOf(value: Value, key: string): Value {
  if (value === null) return Optional.none;
  if (value instanceof Optional) return within(value, (inner) => optionalMemberOf(inner, key));
  if (!(value instanceof CelMap)) return new Failure(`no member "${key}" in ${typeOf(value)}`);
  return optionalOf(value.get(key));
}

/** What an optional leads to; the null that it may hold leads nowhere. */
function within(optional: Optional, apply: (inner: Value) => Value): Value {
  if (optional.value === undefined) return optional;
  return optional.value === null ? new Failure('an optional null has no members') : apply(optional.value);
}

export function optionalOf(value: Value | undefined): Optional {
  return value === undefined ? Optional.none : new Optional(value);
}

/** `has(value.key)`. */
export function hasMember(value: Value, key: string): Value {
  if (value === null) return false;
  if (value instanceof Optional) return value.value === undefined ? false : hasMember(value.value, key);
  return value instanceof CelMap ? value.has(key) : new Failure(`no member "${key}" in ${typeOf(value)}`);
}

/** `value[key]` of lists and maps, and of optionals that hold one. */
export function indexed(value: Value, key: Value): Value {
  if (value === null) return null;
  if (value instanceof Optional) return within(value, (inner) => optionalIndexed(inner, key));
  const found = lookUp(value, key);
  if (found !== undefined) return found;
  if (isList(value)) return new Failure(`no item ${numberOf(key)} in a list of ${value.length}`);
  return value instanceof CelMap && value.isRecord && typeof key === 'string'
    ? null
    : new Failure('no such key');
}

/** `value[?key]`. */
export function optionalIndexed(value: Value, key: Value): Value {
  if (value === null) return Optional.none;
  if (value instanceof Optional) return within(value, (inner) => optionalIndexed(inner, key));
  const found = lookUp(value, key);
  return found instanceof Failure ? found : optionalOf(found);
}

/** The item or member, undefined when there is none, or a Failure when there cannot be one. */
function lookUp(value: Value, key: Value): Value | undefined {
  if (isList(value)) {
    const index = Number(numberOf(key));
    return Number.isInteger(index)
      ? value[index]
      : new Failure(`a list is indexed by int, not by ${typeOf(key)}`);
  }
  if (value instanceof CelMap) return value.get(key);
  return new Failure(`${typeOf(value)} has no [] (only lists and objects have)`);
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
