import type { RecordScope } from '../row-function.js';
import { Failure, typeOf, type Value, type ValueType } from '../values.js';
import { type FunctionDefinition, parameterAt, signatureOf, takesCount } from './function.js';

/** Calls the overload that takes values of these types. */
export function callFunction(
  definition: FunctionDefinition,
  values: readonly Value[],
  scope: RecordScope,
): Value {
  const overload = definition.overloads.find(
    (candidate) =>
      takesCount(candidate, values.length) &&
      values.every((value, index) => {
        const type = parameterAt(candidate, index);
        return type === 'any' || type === typeOf(value);
      }),
  );
  if (overload) return overload.call(values, scope);
  return new Failure(callMismatch(definition, overloadStyle(definition, values.length), values.map(typeOf)));
}

/** Says which types a function takes, and which it got. */
export function callMismatch(
  definition: FunctionDefinition,
  isMethod: boolean,
  types: readonly ValueType[],
): string {
  const signatures = definition.overloads
    .filter((overload) => overload.isMethod === isMethod && takesCount(overload, types.length))
    .map((overload) => signatureOf(definition.name, overload));
  const found = signatureOf(definition.name, { isMethod, parameters: types });
  return `expected ${[...new Set(signatures)].join(' or ')}, found ${found}`;
}

/** Whether calls with so many arguments are written as methods. */
function overloadStyle(definition: FunctionDefinition, count: number): boolean {
  return definition.overloads.every((overload) => overload.isMethod || !takesCount(overload, count));
}
