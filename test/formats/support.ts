import { Arena, type Batch, type Records, Tag, textAt, type Vector } from '../../src/batch/index.js';
import type { Decoded, Decoder, Wanted } from '../../src/formats/format.js';

export const ALL: Wanted = { names: new Set(), all: true };

export function only(...names: string[]): Wanted {
  return { names: new Set(names), all: false };
}

const PARTITION = { source: 'test', name: 'test.log' };

/** Places records, each followed by a newline, in the arena. */
export function placeRecords(arena: Arena, records: readonly (string | Uint8Array)[]): Records {
  const texts = records.map((record) =>
    typeof record === 'string' ? Buffer.from(record) : Buffer.from(record),
  );
  const base = arena.place(Buffer.concat(texts.flatMap((text) => [text, Buffer.from('\n')])));
  const starts = arena.int32(texts.length);
  const lengths = arena.int32(texts.length);
  const offsets = arena.float64(texts.length);
  let at = 0;
  texts.forEach((text, row) => {
    starts[row] = base + at;
    lengths[row] = text.length;
    offsets[row] = at;
    at += text.length + 1;
  });
  return { count: texts.length, starts, lengths, offsets };
}

/** The value of a row as plain JavaScript: ABSENT is undefined, timestamps are `{micros}`, BIGINT a bigint. */
export function valueAt(arena: Arena, vector: Vector, row: number): unknown {
  switch (vector.uniform ?? vector.tags[row]) {
    case Tag.ABSENT:
      return undefined;
    case Tag.NULL:
      return null;
    case Tag.BOOL:
      return vector.numbers![row] === 1;
    case Tag.INT:
    case Tag.DOUBLE:
      return vector.numbers![row];
    case Tag.TIMESTAMP:
      return { micros: vector.numbers![row] };
    case Tag.TEXT:
      return textAt(arena, vector, row);
    case Tag.BIGINT:
      return BigInt(textAt(arena, vector, row));
    case Tag.JSON:
      return JSON.parse(textAt(arena, vector, row));
    default:
      return { error: vector.errors?.[vector.numbers![row]!] };
  }
}

/** The fields of a row that are not absent. */
export function fieldsAt(
  arena: Arena,
  columns: ReadonlyMap<string, Vector>,
  row: number,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, vector] of columns) {
    const value = valueAt(arena, vector, row);
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

export interface DecodedTest extends Decoded {
  readonly arena: Arena;
  readonly records: Records;
  readonly batch: Batch;
  /** Each record's fields, or its refusal. */
  readonly rows: readonly (Record<string, unknown> | string)[];
}

/** Decodes records and reads them back as plain objects. */
export function decodeAll(
  decoder: Decoder,
  texts: readonly (string | Uint8Array)[],
  options: { wanted?: Wanted; preamble?: string; arena?: Arena; readAtMs?: number } = {},
): DecodedTest {
  const arena = options.arena ?? new Arena(texts.length > 100 ? 64 * 1024 * 1024 : 1024 * 1024);
  const records = placeRecords(arena, texts);
  const partition =
    options.preamble === undefined ? PARTITION : { ...PARTITION, preamble: Buffer.from(options.preamble) };
  const { wanted = ALL, readAtMs = 0 } = options;
  const decoded = decoder.decode(arena, records, wanted, partition, readAtMs);
  const refused = new Map(decoded.refused.map(({ row, message }) => [row, message]));
  const rows = texts.map((_, row) => {
    const message = refused.get(row);
    if (message !== undefined) return message;
    const document = decoded.document && (valueAt(arena, decoded.document.vector, row) as object);
    return { ...document, ...fieldsAt(arena, decoded.columns, row) };
  });
  const batch: Batch = {
    rows: records.count,
    columns: decoded.columns,
    document: decoded.document,
    origin: records,
    untouched: undefined,
    partition,
    readAtMs,
  };
  return { ...decoded, arena, records, batch, rows };
}
