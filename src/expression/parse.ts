import { FieldError } from '../config/fields.js';
import { Resolver } from './resolver.js';
import { parseSyntax } from './syntax/parser.js';
import type { Node } from './tree.js';

/** A tree whose names are resolved and whose types are checked, and the top-level fields that it reads. */
export interface Tree {
  readonly root: Node;
  readonly names: ReadonlySet<string>;
  /** Macros in macros take time that grows with a power of the data's size. */
  readonly hasMacros: boolean;
}

/**
 * Parses and checks an expression. Throws FieldError.
 * @param isChecked false: what the check would refuse fails where it is evaluated, as the specification has it for programs
 *   that are not checked
 */
export function parseTree(text: string, isChecked = true): Tree {
  if (text.trim() === '') throw new FieldError('expected an expression, found nothing');
  const resolver = new Resolver(isChecked);
  const root = resolver.resolve(parseSyntax(text));
  return { root, names: resolver.names, hasMacros: resolver.hasMacros };
}
