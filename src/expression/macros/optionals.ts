import type { Resolver } from '../resolver.js';
import type { Node } from '../tree.js';
import { type Call, type MacroDefinition, variableName } from './macro.js';

function expandMapOptional(
  resolver: Resolver,
  { receiver, args, nameStart: offset }: Call,
  isFlat: boolean,
): Node {
  const of = resolver.resolve(receiver!);
  return resolver.withVariables([variableName(args[0]!)], ([slot]) => ({
    op: 'mapOptional',
    offset,
    of,
    slot: slot!,
    body: resolver.resolve(args[1]!),
    isFlat,
  }));
}

function expandOr(
  resolver: Resolver,
  { receiver, args, nameStart: offset }: Call,
  givesValue: boolean,
): Node {
  const of = resolver.resolve(receiver!);
  return { op: 'orOptional', offset, of, alternative: resolver.resolve(args[0]!), givesValue };
}

/** Methods of optionals that evaluate their argument only where it is needed. */
export const OPTIONAL_MACROS: readonly MacroDefinition[] = [
  {
    name: 'optMap',
    isMethod: true,
    counts: { min: 2, max: 2 },
    usage: 'optional.optMap(variable, result)',
    summary: 'An optional of what an expression gives for what the optional holds; empty where it is empty.',
    example: '{"a": 1}.?a.optMap(n, n + 1).orValue(0)',
    expand: (resolver, call) => expandMapOptional(resolver, call, false),
  },
  {
    name: 'optFlatMap',
    isMethod: true,
    counts: { min: 2, max: 2 },
    usage: 'optional.optFlatMap(variable, optional)',
    summary: 'The same for an expression that gives an optional itself.',
    example: '{"a": {"b": 1}}.?a.optFlatMap(inner, inner.?b).orValue(0)',
    expand: (resolver, call) => expandMapOptional(resolver, call, true),
  },
  {
    name: 'or',
    isMethod: true,
    counts: { min: 1, max: 1 },
    usage: 'optional.or(optional)',
    summary: 'The optional, or another one where it is empty.',
    example: '{}.?a.or(optional.of(1)).value()',
    expand: (resolver, call) => expandOr(resolver, call, false),
  },
  {
    name: 'orValue',
    isMethod: true,
    counts: { min: 1, max: 1 },
    usage: 'optional.orValue(value)',
    summary: 'What the optional holds, or another value where it is empty.',
    example: '{}.?a.orValue("none")',
    expand: (resolver, call) => expandOr(resolver, call, true),
  },
];
