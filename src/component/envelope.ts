import type { Block, BlockOrigin, Envelope } from './sink.js';
import type { TextColumn } from './source.js';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** The bytes of a row's text; undefined where it has none. */
export function bytesAt({ bytes, ends }: TextColumn, row: number): Uint8Array | undefined {
  const end = ends[row]!;
  return end < 0 ? undefined : bytes.subarray(startOf(ends, row), end);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A row's text; undefined where it has none. */
export function textOf(column: TextColumn, row: number): string | undefined {
  const bytes = bytesAt(column, row);
  return bytes && decoder.decode(bytes);
}

/** A value of a block's message, by the name that the sink's definition gave it; undefined where it has none. */
export function envelopeValue({ values }: Envelope, name: string, row: number): string | undefined {
  const column = values[name];
  return column && textOf(column, row);
}

/** The message at `row` without the line end that its format has put behind it. */
export function payloadOf({ bytes, envelope }: Block, row: number): Uint8Array {
  const { ends } = envelope!;
  let end = ends[row]!;
  const start = startOf(ends, row);
  if (end > start && bytes[end - 1] === NEWLINE) end--;
  if (end > start && end < ends[row]! && bytes[end - 1] === CARRIAGE_RETURN) end--;
  return bytes.subarray(start, end);
}

/** A block of some of a block's messages, each of which is one record: those at `rows`, ascending. */
export function blockOfRows(block: Block, rows: readonly number[]): Block {
  const { bytes, ends } = rowsOfColumn({ bytes: block.bytes, ends: block.envelope!.ends }, rows);
  const { values, origin } = block.envelope!;
  const chosen = Object.entries(values).map(([name, column]) => [name, rowsOfColumn(column, rows)] as const);
  const envelope = { ends, values: Object.fromEntries(chosen), origin: rowsOfOrigin(origin, rows) };
  return { ...block, bytes, records: rows.length, envelope };
}

function rowsOfOrigin(
  { partition, positions, records, meta }: BlockOrigin,
  rows: readonly number[],
): BlockOrigin {
  return {
    partition,
    positions: Float64Array.from(rows, (row) => positions[row]!),
    records: rowsOfColumn(records, rows),
    meta: meta && rowsOfColumn(meta, rows),
  };
}

function rowsOfColumn(column: TextColumn, rows: readonly number[]): TextColumn {
  const texts = rows.map((row) => bytesAt(column, row));
  let at = 0;
  const ends = Int32Array.from(texts, (text) => {
    at += text?.length ?? 0;
    return text ? at : ~at;
  });
  const bytes = new Uint8Array(at);
  for (const [i, text] of texts.entries()) if (text) bytes.set(text, ends[i]! - text.length);
  return { bytes, ends };
}

/** The columns one behind another. */
export function joinColumns(columns: readonly TextColumn[]): TextColumn {
  if (columns.length === 1) return columns[0]!;
  const bytes = new Uint8Array(columns.reduce((sum, column) => sum + column.bytes.length, 0));
  const ends = new Int32Array(columns.reduce((sum, column) => sum + column.ends.length, 0));
  let at = 0;
  let row = 0;
  for (const column of columns) {
    bytes.set(column.bytes, at);
    for (const end of column.ends) ends[row++] = end < 0 ? ~(~end + at) : end + at;
    at += column.bytes.length;
  }
  return { bytes, ends };
}

/** Where a row's text begins: the end of the one before. */
function startOf(ends: Int32Array, row: number): number {
  const before = row === 0 ? 0 : ends[row - 1]!;
  return before < 0 ? ~before : before;
}
