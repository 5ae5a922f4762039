import { type Arena, ArenaWriter, type Batch, setView, Tag, type Vector } from '../batch/index.js';
import { FieldError } from '../config/fields.js';
import { newTexts, setError } from './kernels/column.js';
import { writeAsText } from './kernels/write-text.js';
import { parseTree, type Tree } from './parse.js';
import { KNOWN_CONVERSIONS, splitAtTimes, TimePart } from './path-time.js';
import { type Part, parseParts, type TextPart, textPart } from './template.js';

/** A checked template of paths: `{expression}` parts and strftime parts (`%Y`) among text; `%%` is a percent sign. */
export interface PathTemplate {
  /** The top-level fields of the record that its expressions read. */
  readonly names: ReadonlySet<string>;
  /** The text up to the last slash before its first part, or all of it where it has none. */
  readonly root: string;
  /** Without parts, all records have the same path: `root`. */
  readonly isConstant: boolean;
  /** It has strftime parts. */
  readonly isTimed: boolean;
}

/** Throws FieldError with the place in `text`. */
export function parsePathTemplate(text: string): PathTemplate {
  const parts = partsOf(text);
  const names = new Set(parts.flatMap((part) => ('root' in part ? [...part.names] : [])));
  const literals = parts.map((part) => ('literal' in part ? part.literal : undefined));
  const first = literals.indexOf(undefined);
  const isTimed = parts.some((part) => 'conversions' in part);
  if (first < 0) return { names, root: literals.join(''), isConstant: true, isTimed };
  const before = literals.slice(0, first).join('');
  return { names, root: before.slice(0, before.lastIndexOf('/') + 1), isConstant: false, isTimed };
}

/** A template of paths made ready for one thread. */
export interface PathProgram {
  /** The path of each row, as a text; rows that have none are tagged ERROR. */
  evaluate(arena: Arena, batch: Batch): Vector;
}

/**
 * Compiles a template. Each of its parts must have a value in each record, and not an empty one.
 * @param time an expression for the time of strftime parts: a timestamp, or a text in RFC 3339; where it is null, the time counts
 *   at which the batch was read
 */
export function compilePathTemplate(text: string, time: string): PathProgram {
  const timeTree = parseTree(time);
  const parts = partsOf(text).map((part): Uint8Array | TimePart | NamedPart => {
    if ('literal' in part) return new TextEncoder().encode(part.literal);
    if ('conversions' in part) return new TimePart(part.conversions, textPart(timeTree));
    return { shown: part.shown, part: textPart(part) };
  });
  return { evaluate: (arena, batch) => evaluate(parts, arena, batch) };
}

interface NamedPart {
  readonly shown: string;
  readonly part: TextPart;
}

type Literal = { readonly literal: string };
type Timed = { readonly conversions: string };
type Expressed = Tree & { readonly shown: string };

function partsOf(text: string): (Literal | Timed | Expressed)[] {
  return parseParts(text).flatMap((part: Part): (Literal | Timed | Expressed)[] =>
    typeof part === 'string' ? timePartsOf(part, text) : [{ ...part, shown: `{${part.text}}` }],
  );
}

function timePartsOf(literal: string, text: string): (Literal | Timed)[] {
  const { before, times, after, wrong } = splitAtTimes(literal);
  if (wrong !== undefined) {
    const message = `"${wrong}" is no strftime part: expected one of ${KNOWN_CONVERSIONS}; a percent sign is "%%"`;
    throw new FieldError(message, Math.max(0, text.indexOf(wrong)), '%%');
  }
  const parts = [{ literal: before }, { conversions: times }, { literal: after }];
  return parts.filter((part) => Object.values(part)[0] !== '') as (Literal | Timed)[];
}

function evaluate(parts: readonly (Uint8Array | TimePart | NamedPart)[], arena: Arena, batch: Batch): Vector {
  const placed = parts.map((part): PlacedPart => {
    if (part instanceof Uint8Array) return { address: arena.place(part), length: part.length };
    if (part instanceof TimePart) return part.evaluate(arena, batch);
    return { shown: part.shown, values: part.part.evaluate(arena, batch) };
  });
  const column = newTexts(arena, batch.rows);
  const errors: string[] = [];
  const writer = new ArenaWriter(arena);
  writer.begin();
  for (let row = 0; row < batch.rows; row++) {
    const start = writer.at;
    const error = writeRow(writer, placed, row);
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

type PlacedPart =
  | { readonly address: number; readonly length: number }
  | { write(writer: ArenaWriter, row: number): string | undefined }
  | { readonly shown: string; readonly values: Vector };

/** Writes one row; returns why it has no path. */
function writeRow(writer: ArenaWriter, parts: readonly PlacedPart[], row: number): string | undefined {
  for (const part of parts) {
    if ('address' in part) writer.copy(part.address, part.length);
    else if ('write' in part) {
      const error = part.write(writer, row);
      if (error !== undefined) return error;
    } else {
      const { shown, values } = part;
      const start = writer.at;
      if (values.tags[row] === Tag.ERROR)
        return `${shown}: ${values.errors?.[values.numbers![row]!] ?? 'an error'}`;
      writeAsText(writer, values, row);
      if (writer.at === start) return `${shown} is empty`;
    }
  }
  return undefined;
}
