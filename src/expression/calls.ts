import { nearestName } from '../base/names.js';
import { FieldError } from '../config/fields.js';
import { checkCall, checkConstants } from './check-call.js';
import { FUNCTIONS, findFunction } from './functions/index.js';
import { findMacro, MACROS } from './macros/index.js';
import type { Resolver } from './resolver.js';
import { pathOfSyntax, type Syntax } from './syntax/syntax.js';
import type { Node } from './tree.js';
import { Failure } from './values.js';

type Call = Extract<Syntax, { kind: 'call' }>;

/** Functions and macros that are called like `math.abs(x)`. */
const QUALIFIED = new Set(
  [...FUNCTIONS, ...MACROS].map(({ name }) => name).filter((name) => name.includes('.')),
);
const NAMESPACES = new Set([...QUALIFIED].map((name) => name.split('.')[0]!));

/** A call with its function found and its arguments resolved; a macro is expanded. Throws FieldError. */
export function resolveCall(resolver: Resolver, call: Call): Node {
  const qualified = qualifiedName(resolver, call);
  const isMethod = call.receiver !== undefined && qualified === undefined;
  const name = qualified ?? call.name;
  const macro = findMacro(name, isMethod, call.args.length);
  if (macro) return macro.expand(resolver, call);
  const definition = findFunction(name);
  if (!definition) {
    const error = unknownFunction(resolver, call, name, isMethod);
    if (resolver.isChecked) throw error;
    return { op: 'literal', offset: call.nameStart, value: new Failure(error.message) };
  }
  const args = [...(isMethod ? [call.receiver!] : []), ...call.args].map((argument) =>
    resolver.resolve(argument),
  );
  const node: Node = { op: 'call', offset: call.nameStart, definition, args };
  if (resolver.isChecked) {
    checkCall(definition, isMethod, args, call.nameStart);
    checkConstants(node);
  }
  return node;
}

/** `math.abs` when this is such a call, and `math` no variable. */
function qualifiedName(resolver: Resolver, { receiver, name }: Call): string | undefined {
  const path = receiver && pathOfSyntax(receiver);
  if (!path || resolver.slotOf(path[0]!) !== undefined) return undefined;
  const qualified = [...path, name].join('.');
  return QUALIFIED.has(qualified) ? qualified : undefined;
}

function unknownFunction(resolver: Resolver, call: Call, name: string, isMethod: boolean): FieldError {
  const { receiver, nameStart } = call;
  const namespace = receiver?.kind === 'name' && NAMESPACES.has(receiver.name) ? receiver.name : undefined;
  if (namespace !== undefined && resolver.slotOf(namespace) === undefined) {
    const wanted = `${namespace}.${name}`;
    const nearest = nearestName(
      wanted,
      [...QUALIFIED].filter((known) => known.startsWith(`${namespace}.`)),
    );
    if (nearest !== undefined)
      return new FieldError(`there is no function "${wanted}"`, receiver!.start, nearest);
  }
  const macro = MACROS.find((known) => known.name === name && known.isMethod === isMethod);
  if (macro) return new FieldError(`expected ${macro.usage}`, nameStart);
  const known = [...FUNCTIONS, ...MACROS].map((definition) => definition.name);
  return new FieldError(`there is no function "${name}"`, nameStart, nearestName(name, known));
}
