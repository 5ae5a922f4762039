import { toInt, toUint } from './functions/convert.js';
import { isDuration, isTimestamp } from './time.js';
import type { ArithmeticOperator } from './tree.js';
import { Duration, Failure, isList, Timestamp, typeOf, Uint, type Value } from './values.js';

/** CEL's `+ - * / %` on two values; what has no meaning is a Failure. */
export function calculate(operator: ArithmeticOperator, a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return ofIntegers(operator, a, b, toInt);
  if (typeof a === 'number' && typeof b === 'number') return ofDoubles(operator, a, b);
  if (a instanceof Uint && b instanceof Uint) return ofIntegers(operator, a.value, b.value, toUint);
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return a + b;
    if (isList(a) && isList(b)) return [...a, ...b];
    if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.concat([a, b]);
  }
  return ofTimes(operator, a, b) ?? new Failure(mismatchMessage(operator, typeOf(a), typeOf(b)));
}

/** Says that an operator does not take these types, and what to do where both are numbers. */
export function mismatchMessage(operator: string, left: string, right: string): string {
  const isNumeric = (type: string) => type === 'int' || type === 'double' || type === 'uint';
  const hint = isNumeric(left) && isNumeric(right) ? ', convert one side with int() or double()' : '';
  return `${operator} does not take ${left} and ${right}${hint}`;
}

function ofIntegers(
  operator: ArithmeticOperator,
  a: bigint,
  b: bigint,
  bounded: (value: bigint) => Value,
): Value {
  switch (operator) {
    case '+':
      return bounded(a + b);
    case '-':
      return bounded(a - b);
    case '*':
      return bounded(a * b);
    case '/':
      return b === 0n ? new Failure('division by zero') : bounded(a / b);
    case '%': {
      if (b === 0n) return new Failure('modulus by zero');
      // The least integer by -1 overflows, as its quotient does.
      const quotient = bounded(a / b);
      return quotient instanceof Failure ? quotient : bounded(a % b);
    }
  }
}

function ofDoubles(operator: ArithmeticOperator, a: number, b: number): Value {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return new Failure('% does not take doubles');
  }
}

function ofTimes(operator: ArithmeticOperator, a: Value, b: Value): Value | undefined {
  if (operator !== '+' && operator !== '-') return undefined;
  const sign = operator === '+' ? 1n : -1n;
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.nanos + sign * b.nanos);
  if (a instanceof Duration && b instanceof Duration) return duration(a.nanos + sign * b.nanos);
  if (operator === '+' && a instanceof Duration && b instanceof Timestamp)
    return timestamp(a.nanos + b.nanos);
  if (operator === '-' && a instanceof Timestamp && b instanceof Timestamp)
    return duration(a.nanos - b.nanos);
  return undefined;
}

function timestamp(nanos: bigint): Value {
  return isTimestamp(nanos)
    ? new Timestamp(nanos)
    : new Failure('a timestamp is between the years 1 and 9999');
}

function duration(nanos: bigint): Value {
  return isDuration(nanos) ? new Duration(nanos) : new Failure('a duration is shorter than 292 years');
}

/** CEL's unary `-`. */
export function negate(value: Value): Value {
  if (typeof value === 'bigint') return toInt(-value);
  if (typeof value === 'number') return -value;
  if (value instanceof Duration) return new Duration(-value.nanos);
  return new Failure(`- does not take ${typeOf(value)}`);
}
