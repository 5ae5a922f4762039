import type { Value, ValueOf, ValueType } from '../values.js';

/** One way to call a function: the types that it takes and what it does with them. */
export interface Overload {
  /** Whether the first parameter stands before the name: `text.startsWith(prefix)`. */
  readonly isMethod: boolean;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  /** Gets arguments of the types in `parameters`; what goes wrong it returns as a Failure. */
  readonly call: (args: readonly Value[]) => Value;
}

/** A function as data: checking, running, `list` and the documentation read this. */
export interface FunctionDefinition {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly example: string;
  readonly overloads: readonly Overload[];
}

type ArgumentsOf<P extends readonly ValueType[]> = { [I in keyof P]: ValueOf[P[I]] };

function overload<const P extends readonly ValueType[]>(
  isMethod: boolean,
  parameters: P,
  result: ValueType,
  call: (...args: ArgumentsOf<P>) => Value,
): Overload {
  // The interpreter calls an overload only with values of the types in `parameters`.
  return { isMethod, parameters, result, call: (args) => call(...(args as unknown as ArgumentsOf<P>)) };
}

/** `name(a, b)`. */
export function plain<const P extends readonly ValueType[]>(
  parameters: P,
  result: ValueType,
  call: (...args: ArgumentsOf<P>) => Value,
): Overload {
  return overload(false, parameters, result, call);
}

/** `a.name(b)`. */
export function method<const P extends readonly ValueType[]>(
  parameters: P,
  result: ValueType,
  call: (...args: ArgumentsOf<P>) => Value,
): Overload {
  return overload(true, parameters, result, call);
}

/** How a function is called, for messages: `text.startsWith(string)`. */
export function signatureOf(name: string, call: Pick<Overload, 'isMethod' | 'parameters'>): string {
  const [receiver, ...rest] = call.parameters;
  return call.isMethod
    ? `${receiver === 'any' ? 'value' : receiver}.${name}(${rest.join(', ')})`
    : `${name}(${call.parameters.join(', ')})`;
}
