import { Failure, typeOf, type Value, type ValueType } from '../values.js';
import { type FunctionDefinition, signatureOf } from './function.js';

/** Calls the overload that takes values of these types. */
export function callFunction(definition: FunctionDefinition, values: readonly Value[]): Value {
  const overload = definition.overloads.find(
    ({ parameters }) =>
      parameters.length === values.length &&
      parameters.every((type, index) => type === 'any' || type === typeOf(values[index]!)),
  );
  if (overload) return overload.call(values);
  return new Failure(callMismatch(definition, overloadStyle(definition, values.length), values.map(typeOf)));
}

/** Says which types a function takes, and which it got. */
export function callMismatch(
  definition: FunctionDefinition,
  isMethod: boolean,
  types: readonly ValueType[],
): string {
  const signatures = definition.overloads
    .filter((overload) => overload.isMethod === isMethod && overload.parameters.length === types.length)
    .map((overload) => signatureOf(definition.name, overload));
  const found = signatureOf(definition.name, { isMethod, parameters: types });
  return `expected ${[...new Set(signatures)].join(' or ')}, found ${found}`;
}

/** Whether calls with so many arguments are written as methods. */
function overloadStyle(definition: FunctionDefinition, count: number): boolean {
  return definition.overloads.every(({ isMethod, parameters }) => isMethod || parameters.length !== count);
}
