import { isAscii, isUtf8 } from 'node:buffer';
import {
  type Arena,
  type ArenaWriter,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../../batch/index.js';

const INLINE_BYTES = 12;
/** Texts that lie further apart than this are not looked at together. */
const MOST_GAPS = 20;

/** The buffers of a Utf8View column. */
export interface ViewBuffers {
  readonly views: Uint8Array;
  /** The texts of more than 12 bytes, one after another. */
  readonly data: Uint8Array;
  readonly validity: Uint8Array;
  readonly nullCount: number;
}

/** Where the texts of a column lie; for nulls the length is 0. */
export interface Texts {
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly validity: Uint8Array;
  readonly nullCount: number;
}

/**
 * Collects the texts that `write` writes, row by row, for `use`; it returns false for null. They are UTF-8: bytes that are not
 * become U+FFFD. The writer is left where it was: what lies after it is scratch, also for `use`.
 */
export function withTexts<T>(
  writer: ArenaWriter,
  rows: number,
  write: (row: number) => boolean,
  use: (texts: Texts) => T,
): T {
  const { bytes } = writer.arena;
  const mark = writer.at;
  const starts = new Int32Array(rows);
  const lengths = new Int32Array(rows);
  const validity = new Uint8Array((rows + 7) >> 3);
  let nullCount = 0;
  for (let row = 0; row < rows; row++) {
    starts[row] = writer.at;
    if (write(row)) validity[row >> 3]! |= 1 << (row & 7);
    else nullCount++;
    lengths[row] = writer.at - starts[row]!;
  }
  if (!isAscii(bytes.subarray(mark, writer.at))) mendTexts(writer, starts, lengths);
  const result = use({ starts, lengths, validity, nullCount });
  writer.advance(mark);
  return result;
}

/** The texts of a column where they lie, when all of its rows are texts in ASCII: then nothing has to be written. */
export function placedTexts({ bytes }: Arena, { uniform, views, length: rows }: Vector): Texts | undefined {
  if (uniform !== Tag.TEXT || rows === 0) return undefined;
  const starts = new Int32Array(rows);
  const lengths = new Int32Array(rows);
  let first = Number.POSITIVE_INFINITY;
  let end = 0;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const length = textLength(views!, row);
    const start = textAddress(views!, row);
    starts[row] = start;
    lengths[row] = length;
    sum += length;
    // Short texts lie in the views, which are looked at below.
    if (length > INLINE_BYTES && start < first) first = start;
    if (length > INLINE_BYTES && start + length > end) end = start + length;
  }
  if (end > first && (end - first > MOST_GAPS * sum || !isAscii(bytes.subarray(first, end))))
    return undefined;
  for (let row = 0; row < rows; row++) if (hasHighBytes(views!, row)) return undefined;
  const validity = new Uint8Array((rows + 7) >> 3).fill(255);
  return { starts, lengths, validity, nullCount: 0 };
}

/** Whether a text that lies in its view is not ASCII. */
function hasHighBytes(views: Int32Array, row: number): boolean {
  const at = row * 4;
  if (views[at]! > INLINE_BYTES) return false;
  return ((views[at + 1]! | views[at + 2]! | views[at + 3]!) & 0x80808080) !== 0;
}

/**
 * Builds a Utf8View column of texts: see `placedTexts` and `withTexts`.
 * @param vector whose texts are written as they are, where they all are
 */
export function buildViews(
  writer: ArenaWriter,
  rows: number,
  write: (row: number) => boolean,
  vector?: Vector,
): ViewBuffers {
  const views = ({ starts, lengths, validity, nullCount }: Texts): ViewBuffers => {
    const mark = writer.at;
    const buffers = { ...compact(writer, starts, lengths), validity, nullCount };
    writer.advance(mark);
    return buffers;
  };
  const placed = vector && placedTexts(writer.arena, vector);
  return placed ? views(placed) : withTexts(writer, rows, write, views);
}

function mendTexts(writer: ArenaWriter, starts: Int32Array, lengths: Int32Array): void {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let row = 0; row < starts.length; row++) {
    const text = writer.arena.bytes.subarray(starts[row]!, starts[row]! + lengths[row]!);
    if (isUtf8(text)) continue;
    starts[row] = writer.at;
    writer.text(decoder.decode(text));
    lengths[row] = writer.at - starts[row]!;
  }
}

/** Makes the views; long texts are moved together in scratch memory and copied out of it in one go. */
function compact(
  writer: ArenaWriter,
  starts: Int32Array,
  lengths: Int32Array,
): { views: Uint8Array; data: Uint8Array } {
  const { bytes } = writer.arena;
  const words = new Int32Array(starts.length * 4);
  const views = new Uint8Array(words.buffer);
  const mark = writer.at;
  for (let row = 0; row < starts.length; row++) {
    const start = starts[row]!;
    const length = lengths[row]!;
    words[row * 4] = length;
    const inline = length <= INLINE_BYTES ? length : 4;
    for (let i = 0; i < inline; i++) views[row * 16 + 4 + i] = bytes[start + i]!;
    if (length <= INLINE_BYTES) continue;
    words[row * 4 + 3] = writer.at - mark;
    writer.copy(start, length);
  }
  return { views, data: bytes.slice(mark, writer.at) };
}
