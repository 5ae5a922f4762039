import type { Resolver } from '../resolver.js';
import type { MacroName, Node } from '../tree.js';
import { type Call, type MacroDefinition, variableName } from './macro.js';

const ONE_OR_TWO = { min: 2, max: 3 };

/** `all` and its like: one variable or two, then a condition. */
function quantifier(name: string, macro: MacroName, summary: string, example: string): MacroDefinition {
  return {
    name,
    isMethod: true,
    counts: ONE_OR_TWO,
    usage: `list.${name}(variable, condition) or list.${name}(index, variable, condition)`,
    summary,
    example,
    expand: (resolver, call) => {
      const condition = call.args.length - 1;
      return loop(resolver, call, macro, condition, { condition });
    },
  };
}

/** `transformMap` and its like: two variables, perhaps a condition, and what they give. */
function transformer(name: string, macro: MacroName, summary: string, example: string): MacroDefinition {
  return {
    name,
    isMethod: true,
    counts: { min: 3, max: 4 },
    usage: `map.${name}(key, value, result) or map.${name}(key, value, condition, result)`,
    summary,
    example,
    expand: (resolver, call) =>
      call.args.length === 4
        ? loop(resolver, call, macro, 2, { condition: 2, result: 3 })
        : loop(resolver, call, macro, 2, { result: 2 }),
  };
}

/** A macro over `call`'s receiver. `parts` tell which arguments its condition and its result are. */
function loop(
  resolver: Resolver,
  { receiver, args, start: offset }: Call,
  macro: MacroName,
  variables: number,
  parts: { readonly condition?: number; readonly result?: number },
): Node {
  resolver.hasMacros = true;
  const range = resolver.resolve(receiver!);
  const names = args.slice(0, variables).map(variableName);
  return resolver.withVariables(names, (slots) => {
    const always: Node = { op: 'literal', offset, value: true };
    const condition = parts.condition === undefined ? always : resolver.resolve(args[parts.condition]!);
    const result = parts.result === undefined ? always : resolver.resolve(args[parts.result]!);
    const pair = slots as [number] | [number, number];
    return { op: 'macro', offset, macro, range, slots: pair, condition, result };
  });
}

/** Macros over the items of lists and maps. */
export const LOOPS: readonly MacroDefinition[] = [
  quantifier(
    'all',
    'all',
    'Whether a condition holds for every item of a list or key of a map; with two variables for indexes and items, or keys and values.',
    '[200, 204].all(code, code < 300)',
  ),
  quantifier(
    'exists',
    'exists',
    'Whether a condition holds for at least one item of a list or key of a map.',
    '["a", "b"].exists(tag, tag == "b")',
  ),
  quantifier(
    'exists_one',
    'exists_one',
    'Whether a condition holds for exactly one item of a list or key of a map. An error at any item is an error.',
    '[1, 2, 3].exists_one(n, n > 2)',
  ),
  quantifier(
    'existsOne',
    'exists_one',
    'The same as `exists_one`.',
    '[5, 7].existsOne(index, n, index == 0 && n == 5)',
  ),
  {
    name: 'filter',
    isMethod: true,
    counts: { min: 2, max: 2 },
    usage: 'list.filter(variable, condition)',
    summary: 'The items of a list, or the keys of a map, for which a condition holds.',
    example: '[1, 2, 3].filter(n, n > 1)',
    expand: (resolver, call) => loop(resolver, call, 'filter', 1, { condition: 1 }),
  },
  {
    name: 'map',
    isMethod: true,
    counts: ONE_OR_TWO,
    usage: 'list.map(variable, result) or list.map(variable, condition, result)',
    summary:
      'What an expression gives for each item of a list or key of a map, perhaps only where a condition holds.',
    example: '[1, 2, 3].map(n, n > 1, n * 10)',
    expand: (resolver, call) =>
      call.args.length === 3
        ? loop(resolver, call, 'map', 1, { condition: 1, result: 2 })
        : loop(resolver, call, 'map', 1, { result: 1 }),
  },
  transformer(
    'transformList',
    'map',
    'A list of what an expression gives for each index and item, or key and value, perhaps only where a condition holds.',
    '["a", "b"].transformList(index, tag, string(index) + tag)',
  ),
  transformer(
    'transformMap',
    'transformMap',
    'A map with the same keys, and as values what an expression gives for each.',
    '{"a": 1, "b": 2}.transformMap(key, value, value * 10)',
  ),
  transformer(
    'transformMapEntry',
    'transformMapEntry',
    'A map of the entries that an expression gives, as a map, for each key and value.',
    '{"a": 1}.transformMapEntry(key, value, {value: key})',
  ),
];
