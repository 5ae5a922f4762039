import { isAscii, isUtf8 } from 'node:buffer';
import type { ArenaWriter } from '../../batch/index.js';

const INLINE_BYTES = 12;

/** The buffers of a Utf8View column. */
export interface ViewBuffers {
  readonly views: Uint8Array;
  /** The texts of more than 12 bytes, one after another. */
  readonly data: Uint8Array;
  readonly validity: Uint8Array;
  readonly nullCount: number;
}

/**
 * Builds a Utf8View column of the texts that `write` writes, row by row; it returns false for null. Arrow's texts are
 * UTF-8, so bytes that are not become U+FFFD. The writer is left where it was: what lies after it is scratch.
 */
export function buildViews(writer: ArenaWriter, rows: number, write: (row: number) => boolean): ViewBuffers {
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
  const buffers = { ...compact(writer, starts, lengths), validity, nullCount };
  writer.advance(mark);
  return buffers;
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
