import {
  type Arena,
  type Batch,
  constantNumber,
  constantText,
  type FieldKind,
  fieldOf,
  type Shape,
  Tag,
  type Vector,
} from '../batch/index.js';
import type { Emit } from '../component/index.js';
import { compileExpression, compileTemplate, type Expression, type Template } from '../expression/index.js';
import type { Wanted } from '../formats/index.js';
import { coalesce, withField, withoutErrors, withoutFields } from './record.js';

/** One thing that `map` does to records. */
export interface Step {
  /** What it needs of its input when `wanted` is wanted of its output. */
  needs(wanted: Wanted): Wanted;
  shape(input: Shape): Shape;
  /** Makes it ready for one thread. */
  prepare(): (batch: Batch, emit: Emit) => Batch;
}

/** Expressions are evaluated for every record, wanted or not, because a record for which one fails must not pass. */
function needsForValue(wanted: Wanted, name: string, names: ReadonlySet<string>): Wanted {
  const needed = new Set(wanted.names);
  needed.delete(name);
  for (const each of names) needed.add(each);
  return { names: needed, all: wanted.all };
}

const shapeWith = (input: Shape, name: string, kind: FieldKind): Shape => ({
  ...input,
  fields: new Map(input.fields).set(name, kind),
});

/** Gives a field the value of an expression. */
export function assignExpression(name: string, expression: Expression): Step {
  return {
    needs: (wanted) => needsForValue(wanted, name, expression.names),
    shape: (input) => shapeWith(input, name, expression.kind),
    prepare: () => {
      const program = compileExpression(expression);
      return (batch, emit) => assign(batch, emit, name, program.evaluate(emit.arena, batch));
    },
  };
}

/** Gives a field the value of a template. */
export function assignTemplate(name: string, template: Template): Step {
  return {
    needs: (wanted) => needsForValue(wanted, name, template.names),
    shape: (input) => shapeWith(input, name, template.kind),
    prepare: () => {
      const program = compileTemplate(template);
      return (batch, emit) => assign(batch, emit, name, program.evaluate(emit.arena, batch));
    },
  };
}

function assign(batch: Batch, emit: Emit, name: string, vector: Vector): Batch {
  return withoutErrors(withField(batch, name, vector), vector, emit, `cannot set "${name}"`);
}

/** Gives a field the same value in all records: a number, boolean or null, or the JSON text of a list or map. */
export function assignConstant(name: string, value: unknown): Step {
  const { tag, kind } = constantType(value);
  const number = Number(value);
  const json = tag === Tag.JSON ? new TextEncoder().encode(JSON.stringify(value)) : undefined;
  const vectorOf = (arena: Arena, rows: number) =>
    json ? constantText(arena, json, rows, Tag.JSON) : constantNumber(arena, tag, number, rows);
  return {
    needs: (wanted) => needsForValue(wanted, name, new Set()),
    shape: (input) => shapeWith(input, name, kind),
    prepare: () => (batch, emit) => withField(batch, name, vectorOf(emit.arena, batch.rows)),
  };
}

function constantType(value: unknown): { tag: Tag; kind: FieldKind } {
  if (typeof value === 'boolean') return { tag: Tag.BOOL, kind: 'bool' };
  if (value === null) return { tag: Tag.NULL, kind: 'any' };
  if (typeof value !== 'number') return { tag: Tag.JSON, kind: 'any' };
  return Number.isSafeInteger(value) ? { tag: Tag.INT, kind: 'int' } : { tag: Tag.DOUBLE, kind: 'double' };
}

/** Gives a field another name, in its place; records without it stay as they are. */
export function rename(from: string, to: string): Step {
  if (from === to)
    return { needs: (wanted) => wanted, shape: (input) => input, prepare: () => (batch) => batch };
  return {
    needs: (wanted) => {
      const names = new Set(wanted.names);
      names.delete(from);
      // Where the old name is absent the record keeps what it had under the new one, so both are needed.
      if (wanted.all || names.has(to)) names.add(from).add(to);
      return { names, all: wanted.all };
    },
    shape: (input) => {
      const kind = input.fields.get(from) ?? (input.open ? 'any' : undefined);
      if (kind === undefined) return input;
      const replaced = input.fields.get(to);
      const fields = moved(
        input.fields,
        from,
        to,
        replaced === undefined || replaced === kind ? kind : 'any',
      );
      return { ...input, fields };
    },
    prepare: () => (batch, emit) => {
      const vector = fieldOf(batch, from);
      // Where nobody wants the member it was not looked up, and yet it stands in the document.
      if (!vector) return batch.document ? withoutFields(batch, [from]) : batch;
      const value = coalesce(emit.arena, vector, fieldOf(batch, to));
      const columns = moved(batch.columns, from, to, value);
      return { ...withoutFields(batch, [from, to]), columns };
    },
  };
}

/** The entries with `value` under the name `to` in place of `from`, or else of `to`, or else at the end. */
function moved<T>(entries: ReadonlyMap<string, T>, from: string, to: string, value: T): Map<string, T> {
  const replaced = entries.has(from) ? from : to;
  const result = new Map<string, T>();
  for (const [name, entry] of entries) {
    if (name === replaced) result.set(to, value);
    else if (name !== to) result.set(name, entry);
  }
  return result.set(to, value);
}

/** Leaves only these fields. Members of a document become columns, and come first, as they did in the document. */
export function keep(kept: readonly string[]): Step {
  const names = new Set(kept);
  return {
    needs: (wanted) => ({ names: wanted.all ? names : intersection(wanted.names, names), all: false }),
    shape: (input) => {
      const open = input.open ? kept : [];
      return { fields: chosen(input.fields, names, open, () => 'any'), open: false };
    },
    prepare: () => (batch) => {
      const columns = chosen(batch.columns, names, kept, (name) => fieldOf(batch, name));
      return { ...batch, columns, document: undefined, untouched: undefined };
    },
  };
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): Set<string> {
  return new Set([...a].filter((name) => b.has(name)));
}

/** Of the entries those with these names; before them those of `others` that are no entries but found elsewhere. */
function chosen<T>(
  entries: ReadonlyMap<string, T>,
  names: ReadonlySet<string>,
  others: readonly string[],
  find: (name: string) => T | undefined,
): Map<string, T> {
  const result = new Map<string, T>();
  for (const name of others) {
    const found = entries.has(name) ? undefined : find(name);
    if (found !== undefined) result.set(name, found);
  }
  for (const [name, entry] of entries) if (names.has(name)) result.set(name, entry);
  return result;
}

/** Leaves out these fields. */
export function drop(dropped: readonly string[]): Step {
  const names = new Set(dropped);
  return {
    needs: (wanted) => ({
      names: new Set([...wanted.names].filter((name) => !names.has(name))),
      all: wanted.all,
    }),
    shape: (input) => ({
      ...input,
      fields: new Map([...input.fields].filter(([name]) => !names.has(name))),
    }),
    prepare: () => (batch) => withoutFields(batch, dropped),
  };
}
