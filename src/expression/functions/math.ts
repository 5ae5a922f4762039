import { compareValues, Failure, isList, numberOf, typeOf, Uint, type Value } from '../values.js';
import { toInt } from './convert.js';
import { type FunctionDefinition, plain, variadic } from './function.js';

const BITS = 64n;

/** The greatest (`sign` 1) or least (-1) of some numbers, which may be of different types; of equal ones the first. */
function extreme(sign: number, values: readonly Value[]): Value {
  const items = values.length === 1 && isList(values[0]!) ? values[0]! : values;
  const name = sign > 0 ? 'math.greatest' : 'math.least';
  let best: Value | undefined;
  for (const item of items) {
    if (numberOf(item) === undefined) return new Failure(`${name} takes numbers, not ${typeOf(item)}`);
    if (best === undefined || compareValues(item, best)! * sign > 0) best = item;
  }
  return best ?? new Failure(`${name} takes at least one number`);
}

/** To the nearest whole number, halves away from zero. */
function round(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

function ofDouble(
  name: string,
  summary: string,
  example: string,
  apply: (value: number) => number | boolean,
): FunctionDefinition {
  const result = typeof apply(0) === 'boolean' ? 'bool' : 'double';
  return { name: `math.${name}`, summary, example, overloads: [plain(['double'], result, apply)] };
}

function bitwise(
  name: string,
  summary: string,
  example: string,
  apply: (a: bigint, b: bigint) => bigint,
): FunctionDefinition {
  return {
    name: `math.${name}`,
    summary,
    example,
    overloads: [
      plain(['int', 'int'], 'int', apply),
      plain(['uint', 'uint'], 'uint', (a, b) => new Uint(apply(a.value, b.value))),
    ],
  };
}

/** Shifts by so many bits; what goes beyond 64 is lost, and zeros come in on either side. */
function shift(
  name: string,
  summary: string,
  example: string,
  apply: (value: bigint, bits: bigint) => bigint,
): FunctionDefinition {
  const shifted = (value: bigint, bits: bigint): bigint | Failure => {
    if (bits < 0n) return new Failure('a shift by a negative number of bits');
    return bits >= BITS ? 0n : apply(BigInt.asUintN(64, value), bits);
  };
  return {
    name: `math.${name}`,
    summary,
    example,
    overloads: [
      plain(['int', 'int'], 'int', (value, bits) => {
        const result = shifted(value, bits);
        return result instanceof Failure ? result : BigInt.asIntN(64, result);
      }),
      plain(['uint', 'int'], 'uint', (value, bits) => {
        const result = shifted(value.value, bits);
        return result instanceof Failure ? result : new Uint(BigInt.asUintN(64, result));
      }),
    ],
  };
}

/** CEL's math extension. */
export const MATH_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'math.greatest',
    summary: 'The greatest of its arguments, or of a list of numbers.',
    example: 'math.greatest(1, 2.5, 2)',
    overloads: [variadic('any', 'any', (values) => extreme(1, values))],
  },
  {
    name: 'math.least',
    summary: 'The least of its arguments, or of a list of numbers.',
    example: 'math.least([3, 1, 2])',
    overloads: [variadic('any', 'any', (values) => extreme(-1, values))],
  },
  ofDouble('ceil', 'The least whole number that is not less, as a double.', 'math.ceil(1.2)', Math.ceil),
  ofDouble(
    'floor',
    'The greatest whole number that is not greater, as a double.',
    'math.floor(1.8)',
    Math.floor,
  ),
  ofDouble(
    'round',
    'The nearest whole number, halves away from zero, as a double.',
    'math.round(2.5)',
    round,
  ),
  ofDouble('trunc', 'The number without its fraction, as a double.', 'math.trunc(-1.8)', Math.trunc),
  ofDouble('isNaN', 'Whether the double is no number.', 'math.isNaN(0.0 / 0.0)', Number.isNaN),
  ofDouble(
    'isInf',
    'Whether the double is infinite.',
    'math.isInf(1.0 / 0.0)',
    (value) => Math.abs(value) === Number.POSITIVE_INFINITY,
  ),
  ofDouble(
    'isFinite',
    'Whether the double is a number and not infinite.',
    'math.isFinite(1.5)',
    Number.isFinite,
  ),
  {
    name: 'math.abs',
    summary: 'The size of a number, without its sign.',
    example: 'math.abs(-5)',
    overloads: [
      plain(['int'], 'int', (value) => toInt(value < 0n ? -value : value)),
      plain(['uint'], 'uint', (value) => value),
      plain(['double'], 'double', Math.abs),
    ],
  },
  {
    name: 'math.sign',
    summary: '-1, 0 or 1 as the number is negative, zero or positive.',
    example: 'math.sign(-5)',
    overloads: [
      plain(['int'], 'int', (value) => (value < 0n ? -1n : value > 0n ? 1n : 0n)),
      plain(['uint'], 'uint', ({ value }) => new Uint(value > 0n ? 1n : 0n)),
      plain(['double'], 'double', Math.sign),
    ],
  },
  {
    name: 'math.sqrt',
    summary: 'The square root, as a double.',
    example: 'math.sqrt(16)',
    overloads: [
      plain(['double'], 'double', Math.sqrt),
      plain(['int'], 'double', (value) => Math.sqrt(Number(value))),
      plain(['uint'], 'double', ({ value }) => Math.sqrt(Number(value))),
    ],
  },
  bitwise('bitAnd', 'The bits that both numbers have.', 'math.bitAnd(6, 3)', (a, b) => a & b),
  bitwise('bitOr', 'The bits that either number has.', 'math.bitOr(6, 3)', (a, b) => a | b),
  bitwise(
    'bitXor',
    'The bits that one of the numbers has, but not both.',
    'math.bitXor(6, 3)',
    (a, b) => a ^ b,
  ),
  {
    name: 'math.bitNot',
    summary: 'The number with each of its 64 bits inverted.',
    example: 'math.bitNot(0)',
    overloads: [
      plain(['int'], 'int', (value) => ~value),
      plain(['uint'], 'uint', ({ value }) => new Uint(BigInt.asUintN(64, ~value))),
    ],
  },
  shift(
    'bitShiftLeft',
    'The number with its bits so many places higher.',
    'math.bitShiftLeft(1, 4)',
    (value, bits) => value << bits,
  ),
  shift(
    'bitShiftRight',
    'The number with its bits so many places lower; zeros come in at the top, also in a negative number.',
    'math.bitShiftRight(16, 4)',
    (value, bits) => value >> bits,
  ),
];
