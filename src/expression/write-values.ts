import { setView, Tag, type Vector } from '../batch/index.js';
import { formatJson } from './json.js';
import { copyRow, type NewTextColumn, newTexts, setError } from './kernels/column.js';
import type { Frame } from './kernels/frame.js';
import { textOfNetwork } from './network.js';
import { formatDuration } from './time.js';
import {
  CelMap,
  Cidr,
  Duration,
  Failure,
  IpAddress,
  isList,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.js';

const encoder = new TextEncoder();

/** `vector` with the rows of `rows` replaced by the values that `interpret` gives for them. */
export function writeValues(
  frame: Frame,
  vector: Vector,
  rows: readonly number[],
  interpret: (row: number) => Value,
): Vector {
  const column = newTexts(frame.arena, vector.length);
  for (let row = 0; row < vector.length; row++) copyRow(column, vector, row);
  for (const row of rows) writeValue(frame, column, row, interpret(row));
  return column;
}

/**
 * What has no tag of its own is written as text: bytes as base64, durations in seconds, types by their names. An optional is what
 * it holds, or null.
 */
function writeValue(frame: Frame, column: NewTextColumn, row: number, value: Value): void {
  if (value === null) column.tags[row] = Tag.NULL;
  else if (value instanceof Failure) setError(column, row, frame.code(value.message));
  else if (typeof value === 'string') writeText(frame, column, row, value, Tag.TEXT);
  else if (typeof value === 'boolean') writeNumber(column, row, Tag.BOOL, value ? 1 : 0);
  else if (typeof value === 'number') writeNumber(column, row, Tag.DOUBLE, value);
  else if (typeof value === 'bigint') writeInteger(frame, column, row, value);
  else if (value instanceof Uint) writeInteger(frame, column, row, value.value);
  else if (value instanceof Timestamp) writeNumber(column, row, Tag.TIMESTAMP, Number(value.nanos / 1000n));
  else if (isList(value) || value instanceof CelMap)
    writeText(frame, column, row, formatJson(value), Tag.JSON);
  else if (value instanceof Duration) writeText(frame, column, row, formatDuration(value.nanos), Tag.TEXT);
  else if (value instanceof TypeValue) writeText(frame, column, row, value.name, Tag.TEXT);
  else if (value instanceof Optional) writeValue(frame, column, row, value.value ?? null);
  else if (value instanceof IpAddress || value instanceof Cidr)
    writeText(frame, column, row, textOfNetwork(value), Tag.TEXT);
  else writeText(frame, column, row, Buffer.from(value).toString('base64'), Tag.TEXT);
}

function writeNumber(column: NewTextColumn, row: number, tag: Tag, value: number): void {
  column.tags[row] = tag;
  column.numbers[row] = value;
}

function writeInteger(frame: Frame, column: NewTextColumn, row: number, value: bigint): void {
  const size = value < 0n ? -value : value;
  if (size <= 2n ** 53n) writeNumber(column, row, Tag.INT, Number(value));
  else writeText(frame, column, row, String(value), Tag.BIGINT);
}

function writeText(frame: Frame, column: NewTextColumn, row: number, text: string, tag: Tag): void {
  const bytes = encoder.encode(text);
  column.tags[row] = tag;
  setView(frame.arena, column.views, row, frame.arena.place(bytes), bytes.length);
}
