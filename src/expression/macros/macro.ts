import { FieldError } from '../../config/fields.js';
import type { Resolver } from '../resolver.js';
import type { Syntax } from '../syntax/syntax.js';
import type { Node } from '../tree.js';

export type Call = Extract<Syntax, { kind: 'call' }>;

/** What looks like a function, but takes names of variables or evaluates its arguments only where they are needed. */
export interface MacroDefinition {
  readonly name: string;
  readonly isMethod: boolean;
  /** How many arguments it takes, its receiver not counted. */
  readonly counts: { readonly min: number; readonly max: number };
  /** How it is called, for messages. */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  readonly example: string;
  readonly expand: (resolver: Resolver, call: Call) => Node;
}

/** The name that a macro's argument gives to a variable. Throws FieldError. */
export function variableName(syntax: Syntax): string {
  if (syntax.kind === 'name' && !syntax.isRoot) return syntax.name;
  const made = syntax.kind === 'call' ? madeName(syntax) : undefined;
  if (made !== undefined) return made;
  throw new FieldError('expected the name of a variable, as in tags.exists(tag, tag == "new")', syntax.start);
}

/** The name of a variable that a program made: `cel.iterVar(0, 1)`, `cel.index(0)`. */
export function madeName({ receiver, name, args }: Call): string | undefined {
  if (receiver?.kind !== 'name' || receiver.name !== 'cel' || (name !== 'iterVar' && name !== 'index')) {
    return undefined;
  }
  const numbers = args.map((argument) => (argument.kind === 'literal' ? argument.value : undefined));
  return numbers.every((number) => typeof number === 'bigint') ? `@${name}:${numbers.join(':')}` : undefined;
}
