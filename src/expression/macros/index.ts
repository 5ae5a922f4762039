import { FieldError } from '../../config/fields.js';
import type { Resolver } from '../resolver.js';
import type { Node } from '../tree.js';
import { BINDINGS } from './bindings.js';
import { LOOPS } from './loops.js';
import type { Call, MacroDefinition } from './macro.js';
import { OPTIONAL_MACROS } from './optionals.js';

export type { MacroDefinition } from './macro.js';

function expandHas(resolver: Resolver, { args, nameStart }: Call): Node {
  const [argument] = args;
  if (argument?.kind !== 'select') {
    throw new FieldError(
      'has takes one member, as in has(user.name); of a field ask whether it is != null',
      nameStart,
    );
  }
  return { op: 'has', offset: nameStart, of: resolver.resolve(argument.of), key: argument.name };
}

/** Millrace's own. */
export const LOG_MACROS: readonly MacroDefinition[] = [
  {
    name: 'coalesce',
    isMethod: false,
    counts: { min: 1, max: 64 },
    usage: 'coalesce(value, ...)',
    summary:
      'The first of its arguments that is not null; the others after it are not evaluated. Errors are not skipped.',
    example: 'coalesce(null, "a", "b")',
    expand: (resolver, { args, nameStart: offset }) => ({
      op: 'coalesce',
      offset,
      items: args.map((argument) => resolver.resolve(argument)),
    }),
  },
  {
    name: 'now',
    isMethod: false,
    counts: { min: 0, max: 0 },
    usage: 'now()',
    summary: 'When the batch that holds the record was read: the same for all its records.',
    example: 'now() > timestamp("2020-01-01T00:00:00Z")',
    expand: (_, { nameStart: offset }) => ({ op: 'meta', offset, name: 'timestamp' }),
  },
];

/** Every macro. */
export const MACROS: readonly MacroDefinition[] = [
  ...LOOPS,
  {
    name: 'has',
    isMethod: false,
    counts: { min: 0, max: 9 },
    usage: 'has(value.member)',
    summary: 'Whether a map or an object has a member, be it null.',
    example: 'has({"a": null}.a)',
    expand: expandHas,
  },
  ...BINDINGS,
  ...OPTIONAL_MACROS,
  ...LOG_MACROS,
];

/** The macro of this name that takes so many arguments. */
export function findMacro(name: string, isMethod: boolean, count: number): MacroDefinition | undefined {
  return MACROS.find(
    (macro) =>
      macro.name === name &&
      macro.isMethod === isMethod &&
      count >= macro.counts.min &&
      count <= macro.counts.max,
  );
}
