import type { RowFunction } from './row-function.js';
import { Failure, Optional, typeOf, type Value } from './values.js';

/** `cel.bind(variable, value, body)`. An error counts only where the body asks for the variable. */
export function bind(slot: number, value: RowFunction, body: RowFunction): RowFunction {
  return (scope) => {
    scope.locals[slot] = value(scope);
    return body(scope);
  };
}

/** `of.optMap(variable, body)`; flat when the body gives an optional itself. */
export function mapOptional(slot: number, of: RowFunction, body: RowFunction, isFlat: boolean): RowFunction {
  const name = isFlat ? 'optFlatMap' : 'optMap';
  return (scope) => {
    const optional = of(scope);
    if (optional instanceof Failure) return optional;
    if (!(optional instanceof Optional)) return noOptional(name, optional);
    if (optional.value === undefined) return optional;
    scope.locals[slot] = optional.value;
    const value = body(scope);
    if (value instanceof Failure) return value;
    if (!isFlat) return new Optional(value);
    return value instanceof Optional ? value : noOptional(name, value);
  };
}

/** `of.or(alternative)` and `of.orValue(alternative)`. */
export function orOptional(of: RowFunction, alternative: RowFunction, givesValue: boolean): RowFunction {
  return (scope) => {
    const optional = of(scope);
    if (optional instanceof Failure) return optional;
    if (!(optional instanceof Optional)) return noOptional(givesValue ? 'orValue' : 'or', optional);
    if (optional.value === undefined) return alternative(scope);
    return givesValue ? optional.value : optional;
  };
}

/** `coalesce(a, b)`: errors are no nulls, and not skipped. */
export function coalesce(items: readonly RowFunction[]): RowFunction {
  return (scope) => {
    for (const item of items) {
      const value = item(scope);
      if (value !== null) return value;
    }
    return null;
  };
}

function noOptional(name: string, value: Value): Failure {
  return new Failure(`${name} takes an optional, not ${typeOf(value)}`);
}
