import { FieldError } from '../config/fields.js';
import { callMismatch } from './functions/call.js';
import { type FunctionDefinition, parameterAt, signatureOf, takesCount } from './functions/function.js';
import { valueOfConstant } from './interpreter.js';
import { isConstant, type Node } from './tree.js';
import { typeOfNode } from './types.js';
import { Failure } from './values.js';

/** Whether a function takes these arguments, as far as that is known without data. Throws FieldError. */
export function checkCall(
  definition: FunctionDefinition,
  isMethod: boolean,
  args: readonly Node[],
  offset: number,
): void {
  const styled = definition.overloads.filter((overload) => overload.isMethod === isMethod);
  if (styled.length === 0) {
    throw new FieldError(`expected ${signatureOf(definition.name, definition.overloads[0]!)}`, offset);
  }
  const counted = styled.filter((overload) => takesCount(overload, args.length));
  if (counted.length === 0) {
    const signatures = [...new Set(styled.map((overload) => signatureOf(definition.name, overload)))];
    const found = args.length - (isMethod ? 1 : 0);
    throw new FieldError(
      `expected ${signatures.slice(0, 4).join(' or ')}, found ${found} argument${found === 1 ? '' : 's'}`,
      offset,
    );
  }
  const types = args.map(typeOfNode);
  const fits = counted.some((overload) =>
    types.every((type, index) => {
      const wanted = parameterAt(overload, index);
      return wanted === 'any' || type === 'any' || type === wanted;
    }),
  );
  if (!fits) throw new FieldError(callMismatch(definition, isMethod, types), offset);
}

/** A call that fails whatever the record holds is a mistake in the expression: a bad pattern, an impossible date. */
export function checkConstants(node: Extract<Node, { op: 'call' }>): void {
  if (isConstant(node)) {
    const value = valueOfConstant(node);
    if (value instanceof Failure) throw new FieldError(value.message, node.args[0]?.offset ?? node.offset);
    return;
  }
  for (const { argument, check } of node.definition.checks ?? []) {
    const tested = node.args[argument];
    const value = tested && isConstant(tested) ? valueOfConstant(tested) : undefined;
    const failure = value === undefined ? undefined : check(value);
    if (failure instanceof Failure) throw new FieldError(failure.message, tested!.offset);
  }
}
