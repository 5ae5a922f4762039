import type { FieldKind } from '../batch/index.js';
import type { Program } from './program.js';

/** A checked text with `{expression}` parts. */
export interface Template {
  readonly text: string;
  /** The top-level fields of the record that its parts read. */
  readonly names: ReadonlySet<string>;
  /** `text`, or the expression's kind when the template is one `{expression}` and nothing else. */
  readonly kind: FieldKind;
}

/**
 * Parses a template: `{expression}` parts among text; `{{` and `}}` are literal braces. Throws FieldError with the
 * place in `text`.
 */
export function parseTemplate(text: string): Template {
  return { text, names: new Set(), kind: 'text' };
}

/**
 * Compiles a template. A template that is one `{expression}` keeps that expression's value and type; of others the
 * value is a text in which parts that are absent or null are empty, and a row in which a part fails is an ERROR.
 */
export function compileTemplate(template: Template): Program {
  throw new Error(`not compiled yet: ${template.text}`);
}
