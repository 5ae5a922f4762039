import type { Value } from '../values.js';

export type UnaryOperator = '!' | '-';
export type BinaryOperator =
  | '&&'
  | '||'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

/** An element of a list; with a question mark it is an optional, and left out when that is empty. */
export interface SyntaxItem {
  readonly isOptional: boolean;
  readonly value: Syntax;
}

/** An entry of a map; with a question mark before the key its value is an optional. */
export interface SyntaxEntry extends SyntaxItem {
  readonly key: Syntax;
}

/** A syntax tree as the grammar of CEL has it, nothing of it being looked up. `start` and `end` are its place in the text. */
export type Syntax = SyntaxPlace &
  (
    | { readonly kind: 'literal'; readonly value: Value }
    /** With a leading dot (`isRoot`) it is no variable of a macro. */
    | { readonly kind: 'name'; readonly name: string; readonly isRoot: boolean; readonly isQuoted: boolean }
    | {
        readonly kind: 'select';
        readonly of: Syntax;
        readonly name: string;
        readonly nameStart: number;
        readonly isOptional: boolean;
      }
    | { readonly kind: 'index'; readonly of: Syntax; readonly key: Syntax; readonly isOptional: boolean }
    | {
        readonly kind: 'call';
        readonly receiver: Syntax | undefined;
        readonly name: string;
        readonly nameStart: number;
        readonly args: readonly Syntax[];
      }
    | { readonly kind: 'list'; readonly items: readonly SyntaxItem[] }
    | { readonly kind: 'map'; readonly entries: readonly SyntaxEntry[] }
    | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly of: Syntax }
    | {
        readonly kind: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Syntax;
        readonly right: Syntax;
      }
    | {
        readonly kind: 'conditional';
        readonly condition: Syntax;
        readonly consequent: Syntax;
        readonly alternative: Syntax;
      }
  );

interface SyntaxPlace {
  readonly start: number;
  readonly end: number;
  /** How many levels it has. */
  readonly depth: number;
}

type WithoutDepth<S> = S extends Syntax ? Omit<S, 'depth'> : never;
/** A syntax tree whose depth has not been counted. */
export type NewSyntax = WithoutDepth<Syntax>;

/** The names of `a.b.c`, undefined when it is something else. */
export function pathOfSyntax(syntax: Syntax): readonly string[] | undefined {
  if (syntax.kind === 'name') return syntax.isQuoted ? undefined : [syntax.name];
  if (syntax.kind !== 'select' || syntax.isOptional) return undefined;
  const path = pathOfSyntax(syntax.of);
  return path && [...path, syntax.name];
}
