import type { RecordScope } from '../row-function.js';
import type { Value, ValueOf, ValueType } from '../values.js';

/** One way to call a function: the types that it takes and what it does with them. */
export interface Overload {
  /** Whether the first parameter stands before the name: `text.startsWith(prefix)`. */
  readonly isMethod: boolean;
  readonly parameters: readonly ValueType[];
  /** Whether the last parameter may stand any number of times, but at least once. */
  readonly isVariadic: boolean;
  readonly result: ValueType;
  /** Whether its value depends on the record beyond its arguments. */
  readonly readsScope: boolean;
  /** Gets arguments of the types in `parameters`; what goes wrong it returns as a Failure. */
  readonly call: (args: readonly Value[], scope: RecordScope) => Value;
}

/** A function as data: checking, running, `list` and the documentation read this. */
export interface FunctionDefinition {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly example: string;
  readonly overloads: readonly Overload[];
  /** What the example needs that not everybody has; it is then not run. */
  readonly needs?: string;
  /** What can be found wrong with constant arguments before there is data. */
  readonly checks?: readonly ArgumentCheck[];
}

/** `check` returns a Failure for a value that is wrong as this argument, a receiver being number 0. */
export interface ArgumentCheck {
  readonly argument: number;
  readonly check: (value: Value) => unknown;
}

/** A check of an argument that is a text. */
export function checkText(argument: number, check: (text: string) => unknown): ArgumentCheck {
  return { argument, check: (value) => (typeof value === 'string' ? check(value) : undefined) };
}

type ArgumentsOf<P extends readonly ValueType[]> = { [I in keyof P]: ValueOf[P[I]] };

function overload<const P extends readonly ValueType[]>(
  isMethod: boolean,
  parameters: P,
  result: ValueType,
  call: (...args: ArgumentsOf<P>) => Value,
): Overload {
  // The interpreter calls an overload only with values of the types in `parameters`.
  return {
    isMethod,
    parameters,
    isVariadic: false,
    readsScope: false,
    result,
    call: (args) => call(...(args as unknown as ArgumentsOf<P>)),
  };
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

/** `name(a, b)` that looks at the record, too. */
export function withScope<const P extends readonly ValueType[]>(
  parameters: P,
  result: ValueType,
  call: (scope: RecordScope, ...args: ArgumentsOf<P>) => Value,
): Overload {
  return {
    isMethod: false,
    parameters,
    isVariadic: false,
    readsScope: true,
    result,
    call: (args, scope) => call(scope, ...(args as unknown as ArgumentsOf<P>)),
  };
}

/** `name(a, b, ...)`: any number of arguments of one type, at least one. */
export function variadic<T extends ValueType>(
  parameter: T,
  result: ValueType,
  call: (args: readonly ValueOf[T][]) => Value,
): Overload {
  return {
    isMethod: false,
    parameters: [parameter],
    isVariadic: true,
    readsScope: false,
    result,
    call: (args) => call(args as readonly ValueOf[T][]),
  };
}

/** Whether so many arguments may be given. */
export function takesCount({ parameters, isVariadic }: Overload, count: number): boolean {
  return isVariadic ? count >= parameters.length : count === parameters.length;
}

/** The type of argument `index`. */
export function parameterAt({ parameters }: Overload, index: number): ValueType {
  return parameters[Math.min(index, parameters.length - 1)]!;
}

/** How a function is called, for messages: `text.startsWith(string)`. */
export function signatureOf(
  name: string,
  call: Pick<Overload, 'isMethod' | 'parameters'> & { readonly isVariadic?: boolean },
): string {
  const [receiver, ...rest] = call.parameters;
  const more = call.isVariadic ? ', ...' : '';
  return call.isMethod
    ? `${receiver === 'any' ? 'value' : receiver}.${name}(${rest.join(', ')})`
    : `${name}(${call.parameters.join(', ')}${more})`;
}
