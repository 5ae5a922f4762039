import type { FieldKind } from '../batch/index.js';
import { parseTree } from './parse.js';
import { kindOf, typeOfNode } from './types.js';

/** A checked CEL expression. A name in it is a field of the record, `meta.` reaches where the record came from. */
export interface Expression {
  readonly text: string;
  /** The top-level fields of the record that it reads, `meta` not among them. */
  readonly names: ReadonlySet<string>;
  /** The type of its value (where it has one: it may also be null or an error), `any` when only the data knows. */
  readonly kind: FieldKind;
  /** It holds macros such as `all` and `map`, whose work grows with the data as fast as they are nested. */
  readonly hasMacros: boolean;
}

/**
 * Parses and checks an expression. Throws FieldError with the place in `text` and, for a misspelt function, the
 * nearest right name; wrong types are refused as far as they show without data.
 */
export function parseExpression(text: string): Expression {
  const { root, names, hasMacros } = parseTree(text);
  return { text, names, kind: kindOf(typeOfNode(root)), hasMacros };
}
