import { optionalOf } from '../value-operations.js';
import { CelMap, Duration, Failure, isList, numberOf, Optional, type Value } from '../values.js';
import { type FunctionDefinition, method, plain } from './function.js';

/** Whether it is the value that its type begins with: 0, an empty text or list, false, null. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === '') return true;
  const number = numberOf(value);
  if (number !== undefined) return Number(number) === 0;
  if (isList(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelMap) return value.size === 0;
  if (value instanceof Duration) return value.nanos === 0n;
  return value instanceof Optional && value.value === undefined;
}

function valuesIn(items: readonly Value[]): Value {
  const values: Value[] = [];
  for (const item of items) {
    if (!(item instanceof Optional)) return new Failure('expected a list of optionals');
    if (item.value !== undefined) values.push(item.value);
  }
  return values;
}

/** Functions on optionals, which are values that may not be there. */
export const OPTIONAL_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'optional.of',
    summary: 'An optional that holds a value.',
    example: 'optional.of(5).value()',
    overloads: [plain(['any'], 'optional', (value) => new Optional(value))],
  },
  {
    name: 'optional.ofNonZeroValue',
    summary: 'An optional that holds a value, or an empty one for null, 0, false and what is empty.',
    example: 'optional.ofNonZeroValue("").orValue("none")',
    overloads: [plain(['any'], 'optional', (value) => (isZero(value) ? Optional.none : new Optional(value)))],
  },
  {
    name: 'optional.none',
    summary: 'An empty optional.',
    example: 'optional.none().hasValue()',
    overloads: [plain([], 'optional', () => Optional.none)],
  },
  {
    name: 'hasValue',
    summary: 'Whether the optional holds a value.',
    example: '{"a": 1}.?a.hasValue()',
    overloads: [method(['optional'], 'bool', ({ value }) => value !== undefined)],
  },
  {
    name: 'value',
    summary: 'What the optional holds; an error where it is empty.',
    example: 'optional.of("a").value()',
    overloads: [
      method(['optional'], 'any', ({ value }) =>
        value === undefined ? new Failure('an empty optional has no value') : value,
      ),
    ],
  },
  {
    name: 'optional.unwrap',
    summary: 'What the optionals of a list hold, the empty ones left out.',
    example: 'optional.unwrap([optional.of(1), optional.none()])',
    overloads: [plain(['list'], 'list', valuesIn)],
  },
  {
    name: 'unwrapOpt',
    summary: 'The same as a method.',
    example: '[optional.of(1), optional.none()].unwrapOpt()',
    overloads: [method(['list'], 'list', valuesIn)],
  },
  {
    name: 'first',
    summary: 'An optional of the first item of a list.',
    example: '"a,b".split(",").first().orValue("")',
    overloads: [method(['list'], 'optional', (items) => optionalOf(items[0]))],
  },
  {
    name: 'last',
    summary: 'An optional of the last item of a list.',
    example: '"a,b".split(",").last().orValue("")',
    overloads: [method(['list'], 'optional', (items) => optionalOf(items.at(-1)))],
  },
];
