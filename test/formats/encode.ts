import {
  type Arena,
  ArenaWriter,
  type Batch,
  type Partition,
  type Shape,
  Tag,
  type Vector,
} from '../../src/batch/index.js';
import type { Encoder, FormatDefinition } from '../../src/formats/format.js';
import { placeRecords } from './support.js';

export const OPEN: Shape = { fields: new Map(), open: true };

/** Encodes a batch; its own arena must be the one that it lies in. */
export function encodeText(encoder: Encoder, batch: Batch, arena: Arena, refuse?: Refuse): string {
  return Buffer.from(encodeBytes(encoder, batch, arena, refuse)).toString('utf8');
}

type Refuse = (row: number, message: string) => void;

const refuseNone: Refuse = (row, message) => {
  throw new Error(`row ${row} was refused: ${message}`);
};

export function encodeBytes(
  encoder: Encoder,
  batch: Batch,
  arena: Arena,
  refuse: Refuse = refuseNone,
): Uint8Array {
  const writer = new ArenaWriter(arena);
  const prepared = encoder.prepare?.(batch, arena, refuse) ?? batch;
  writer.begin();
  encoder.encode(prepared, writer);
  const { start, end } = writer.end();
  return arena.bytes.slice(start, end);
}

/** The encoder of a format for records with these fields, its options' defaults filled in. */
export async function encoderOf(format: FormatDefinition, options: object, shape: Shape): Promise<Encoder> {
  const defaults = format.fields.flatMap((field) =>
    'default' in field ? [[field.name, field.default]] : [],
  );
  return format.encoder!.create({ ...Object.fromEntries(defaults), ...options, type: format.name }, shape);
}

/** A value with its tag: how tests write a column. */
export type Cell =
  | { tag: typeof Tag.ABSENT | typeof Tag.NULL }
  | { tag: typeof Tag.BOOL | typeof Tag.INT | typeof Tag.DOUBLE | typeof Tag.TIMESTAMP; number: number }
  | { tag: typeof Tag.TEXT | typeof Tag.JSON | typeof Tag.BIGINT; text: string | Uint8Array };

export const text = (value: string | Uint8Array): Cell => ({ tag: Tag.TEXT, text: value });
export const json = (value: string): Cell => ({ tag: Tag.JSON, text: value });
export const int = (value: number): Cell => ({ tag: Tag.INT, number: value });
export const absent: Cell = { tag: Tag.ABSENT };

/** A vector of cells, laid out in the arena. */
export function vectorOf(arena: Arena, cells: readonly Cell[]): Vector {
  const tags = arena.uint8(cells.length);
  const numbers = arena.float64(cells.length).fill(0);
  const views = arena.int32(cells.length * 4).fill(0);
  cells.forEach((cell, row) => {
    tags[row] = cell.tag;
    if ('number' in cell) numbers[row] = cell.number;
    if (!('text' in cell)) return;
    const bytes = Buffer.from(cell.text as string);
    const starts = arena.int32(1);
    const lengths = arena.int32(1);
    starts[0] = arena.place(bytes);
    lengths[0] = bytes.length;
    arena.kernels.makeViews(starts.byteOffset, lengths.byteOffset, 1, views.byteOffset + row * 16);
  });
  const first = cells[0]?.tag;
  const uniform = first !== undefined && cells.every(({ tag }) => tag === first) ? first : undefined;
  return { length: cells.length, tags, uniform, numbers, views };
}

const PARTITION: Partition = { source: 'test', name: 'test.log' };

/** A batch of columns and, where given, documents (JSON texts, undefined: absent). */
export function batchOf(
  arena: Arena,
  columns: Readonly<Record<string, readonly Cell[]>>,
  documents?: readonly (string | undefined)[],
  hidden: readonly string[] = [],
): Batch {
  const rows = documents?.length ?? Object.values(columns)[0]?.length ?? 0;
  const vector =
    documents &&
    vectorOf(
      arena,
      documents.map((value) => (value === undefined ? absent : json(value))),
    );
  return {
    rows,
    columns: new Map(Object.entries(columns).map(([name, cells]) => [name, vectorOf(arena, cells)])),
    document: vector && { vector, hidden: new Set(hidden), members: new Map() },
    origin: placeRecords(
      arena,
      Array.from({ length: rows }, (_, row) => `record ${row}`),
    ),
    untouched: undefined,
    partition: PARTITION,
    readAtMs: 1,
  };
}

export function shapeOf(...names: string[]): Shape {
  return { fields: new Map(names.map((name) => [name, 'any'])), open: false };
}
