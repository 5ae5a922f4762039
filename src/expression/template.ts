import {
  type Arena,
  ArenaWriter,
  type Batch,
  constantText,
  type FieldKind,
  setView,
  Tag,
  type Vector,
} from '../batch/index.js';
import { FieldError } from '../config/fields.js';
import { newTexts, setError } from './kernels/column.js';
import { Frame } from './kernels/frame.js';
import { PathKernel, pathOf } from './kernels/path.js';
import { resolveRow } from './kernels/resolve.js';
import { writeAsText } from './kernels/write-text.js';
import { parseTree, type Tree } from './parse.js';
import { compileTree, type Program, type Selection } from './program.js';
import { kindOf, typeOfNode } from './types.js';

/** A checked text with `{expression}` parts. */
export interface Template {
  readonly text: string;
  /** The top-level fields of the record that its parts read. */
  readonly names: ReadonlySet<string>;
  /** `text`, or the expression's kind when the template is one `{expression}` and nothing else. */
  readonly kind: FieldKind;
  /** One of its parts holds macros. */
  readonly hasMacros: boolean;
}

/**
 * Parses a template: `{expression}` parts among text; `{{` and `}}` are literal braces. Throws FieldError with the
 * place in `text`.
 */
export function parseTemplate(text: string): Template {
  const parts = parseParts(text);
  const names = new Set(parts.flatMap((part) => (typeof part === 'string' ? [] : [...part.names])));
  const [only] = parts;
  const isOne = parts.length === 1 && only !== undefined && typeof only !== 'string';
  const hasMacros = parts.some((part) => typeof part !== 'string' && part.hasMacros);
  return { text, names, kind: isOne ? kindOf(typeOfNode(only.root)) : 'text', hasMacros };
}

/**
 * Compiles a template. A template that is one `{expression}` keeps that expression's value and type; of others the
 * value is a text in which parts that are absent or null are empty, and a row in which a part fails is an ERROR.
 */
export function compileTemplate(template: Template): Program {
  const parts = parseParts(template.text);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== 'string') return compileTree(only.root);
  return compileTextTemplate(template);
}

/** Compiles a template whose value is a text also where it is one `{expression}` and nothing else. */
export function compileTextTemplate(template: Template): Program {
  return new TemplateProgram(
    parseParts(template.text).map((part) =>
      typeof part === 'string' ? encoder.encode(part) : textPart(part),
    ),
  );
}

/** Compiles a template; of one `{expression}` and nothing else the value keeps its type, that of a JSON field is resolved. */
export function compileValueTemplate(template: Template): TextPart {
  const [only, ...others] = parseParts(template.text);
  const isOne = only !== undefined && typeof only !== 'string' && others.length === 0;
  return isOne ? textPart(only) : compileTextTemplate(template);
}

/** The literal texts of a template, braces undone, and its expressions. Throws FieldError with the place in `text`. */
export function templateParts(text: string): (string | { readonly expression: string })[] {
  return parseParts(text).map((part) => (typeof part === 'string' ? part : { expression: part.text }));
}

export type Part = string | (Tree & { readonly text: string });

const encoder = new TextEncoder();

/** The same with the expressions' trees. */
export function parseParts(text: string): Part[] {
  const parts: Part[] = [];
  let literal = '';
  for (let at = 0; at < text.length; ) {
    const character = text[at]!;
    if ((character === '{' || character === '}') && text[at + 1] === character) {
      literal += character;
      at += 2;
    } else if (character === '}') {
      throw new FieldError('this "}" closes nothing, a literal brace is "}}"', at, '}}');
    } else if (character === '{') {
      const end = endOfPart(text, at);
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push(parsePart(text.slice(at + 1, end), at + 1));
      at = end + 1;
    } else {
      literal += character;
      at++;
    }
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

function parsePart(text: string, offset: number): Tree & { readonly text: string } {
  try {
    return { ...parseTree(text), text };
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    throw new FieldError(error.message, error.offset + offset, error.suggestion);
  }
}

/** Where the part that opens at `start` closes: braces may nest (a map), and in strings they mean nothing. */
function endOfPart(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at;
    else if (character === '"' || character === "'") at = endOfString(text, at);
  }
  throw new FieldError('this "{" is never closed, a literal brace is "{{"', start, '{{');
}

/** Where the string that opens at `start` has its last quote. */
function endOfString(text: string, start: number): number {
  const isRaw = /(?:^|\W)[rR][bB]?$/.test(text.slice(Math.max(0, start - 3), start));
  const triple = text[start]!.repeat(3);
  const quote = text.startsWith(triple, start) ? triple : text[start]!;
  for (let at = start + quote.length; at < text.length; at++) {
    if (text[at] === '\\' && !isRaw) at++;
    else if (text.startsWith(quote, at)) return at + quote.length - 1;
  }
  throw new FieldError('this string has no closing quote', start);
}

/** An expression whose JSON values are resolved. */
export interface TextPart {
  evaluate(arena: Arena, batch: Batch): Vector;
}

/** A field's JSON must be resolved before it becomes text: `"a"` is written as `a`. */
export function textPart(tree: Tree): TextPart {
  const path = pathOf(tree.root);
  if (!path) {
    const program = compileTree(tree.root);
    return { evaluate: (arena, batch) => resolved(arena, program.evaluate(arena, batch)) };
  }
  const kernel = new PathKernel(path);
  return {
    evaluate(arena, batch) {
      const frame = new Frame(arena, batch);
      return { ...kernel.evaluate(frame, frame.rows), errors: frame.messages };
    },
  };
}

/** What an expression only copies (`a ? b : c`) may still be JSON text. */
function resolved(arena: Arena, vector: Vector): Vector {
  const holdsJson =
    vector.uniform === undefined ? vector.tags.includes(Tag.JSON) : vector.uniform === Tag.JSON;
  if (!holdsJson) return vector;
  const values = newTexts(arena, vector.length);
  for (let row = 0; row < vector.length; row++) resolveRow(arena, vector, values, row);
  return vector.errors ? { ...values, errors: vector.errors } : values;
}

/** A text made of literal bytes and of expressions. */
class TemplateProgram implements Program {
  readonly #parts: readonly (Uint8Array | TextPart)[];

  constructor(parts: readonly (Uint8Array | TextPart)[]) {
    this.#parts = parts;
  }

  evaluate(arena: Arena, batch: Batch): Vector {
    const parts = this.#parts.map((part) =>
      part instanceof Uint8Array
        ? { address: arena.place(part), length: part.length }
        : part.evaluate(arena, batch),
    );
    if (this.#parts.every((part) => part instanceof Uint8Array)) {
      return constantText(arena, this.#parts[0] ?? new Uint8Array(), batch.rows);
    }
    const column = newTexts(arena, batch.rows);
    const errors: string[] = [];
    const writer = new ArenaWriter(arena);
    writer.begin();
    for (let row = 0; row < batch.rows; row++) {
      const start = writer.at;
      const error = writeParts(writer, parts, row);
      if (error === undefined) {
        column.tags[row] = Tag.TEXT;
        setView(arena, column.views, row, start, writer.at - start);
      } else {
        setError(column, row, errors.push(error) - 1);
      }
    }
    writer.end();
    return errors.length === 0 ? { ...column, uniform: Tag.TEXT } : { ...column, errors };
  }

  /** A text is never true. */
  select(arena: Arena, batch: Batch): Selection {
    const { tags } = this.evaluate(arena, batch);
    return {
      rows: arena.int32(0),
      count: 0,
      failed: tags.reduce((sum, tag) => sum + (tag === Tag.ERROR ? 1 : 0), 0),
    };
  }
}

type PlacedPart = Vector | { readonly address: number; readonly length: number };

/** Writes one row; returns the message of a part that failed. */
function writeParts(writer: ArenaWriter, parts: readonly PlacedPart[], row: number): string | undefined {
  for (const part of parts) {
    if ('address' in part) writer.copy(part.address, part.length);
    else if (part.tags[row] === Tag.ERROR) return part.errors?.[part.numbers![row]!] ?? 'an error';
    else writeAsText(writer, part, row);
  }
  return undefined;
}
