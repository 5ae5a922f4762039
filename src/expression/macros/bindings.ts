import { FieldError } from '../../config/fields.js';
import type { Resolver } from '../resolver.js';
import type { Node } from '../tree.js';
import { type Call, type MacroDefinition, madeName, variableName } from './macro.js';

function madeVariable(
  name: string,
  counts: number,
  usage: string,
  summary: string,
  example: string,
): MacroDefinition {
  return {
    name,
    isMethod: false,
    counts: { min: counts, max: counts },
    usage,
    summary,
    example,
    expand: (resolver, call) => {
      const made = madeName(call);
      const slot = made === undefined ? undefined : resolver.slotOf(made);
      if (slot === undefined) throw new FieldError('there is no such variable here', call.nameStart);
      return { op: 'local', offset: call.start, slot };
    },
  };
}

function expandBind(resolver: Resolver, { args, nameStart: offset }: Call): Node {
  const value = resolver.resolve(args[1]!);
  return resolver.withVariables([variableName(args[0]!)], ([slot]) => ({
    op: 'bind',
    offset,
    slot: slot!,
    value,
    body: resolver.resolve(args[2]!),
  }));
}

/** `cel.block([a, b], body)`: each of them is bound in turn. */
function expandBlock(resolver: Resolver, { args, nameStart: offset }: Call): Node {
  const [list, body] = args;
  if (list!.kind !== 'list') throw new FieldError('expected a list of expressions', list!.start);
  const { items } = list!;
  const bindFrom = (index: number): Node => {
    if (index === items.length) return resolver.resolve(body!);
    const value = resolver.resolve(items[index]!.value);
    return resolver.withVariables([`@index:${index}`], ([slot]) => ({
      op: 'bind',
      offset,
      slot: slot!,
      value,
      body: bindFrom(index + 1),
    }));
  };
  return bindFrom(0);
}

/** Macros that name values. */
export const BINDINGS: readonly MacroDefinition[] = [
  {
    name: 'cel.bind',
    isMethod: false,
    counts: { min: 3, max: 3 },
    usage: 'cel.bind(variable, value, expression)',
    summary: 'The value of an expression in which a variable stands for a value.',
    example: 'cel.bind(parts, "a/b".split("/"), parts[0] + parts[1])',
    expand: expandBind,
  },
  {
    name: 'cel.block',
    isMethod: false,
    counts: { min: 2, max: 2 },
    usage: 'cel.block([expressions], expression)',
    summary:
      'The value of an expression in which `cel.index(n)` stands for the n-th of a list of expressions. Programs write this.',
    example: 'cel.block([3, cel.index(0) * 2], cel.index(1))',
    expand: expandBlock,
  },
  madeVariable(
    'cel.index',
    1,
    'cel.index(number)',
    'The value of an expression of the `cel.block` around it.',
    'cel.block([3], cel.index(0))',
  ),
  madeVariable(
    'cel.iterVar',
    2,
    'cel.iterVar(depth, number)',
    'A variable of a macro, in expressions that programs write.',
    '[1].exists(cel.iterVar(0, 0), cel.iterVar(0, 0) > 0)',
  ),
];
