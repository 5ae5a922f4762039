import { type ArenaWriter, type Batch, sliceRows } from '../batch/index.js';
import { type Encoder, type Framing, frame } from '../formats/index.js';

/**
 * Encodes records and finds where each ends, from the first byte on.
 * @param encode all of them at once, where there is a faster way than the encoder's
 */
export function encodeEach(
  writer: ArenaWriter,
  encoder: Encoder,
  framing: Framing | 'batches',
  batch: Batch,
  encode = () => encodeAll(writer, encoder, batch),
): { readonly start: number; readonly end: number; readonly ends: Int32Array } {
  const { arena } = writer;
  const { start, end } = encode();
  const framed = framing === 'batches' ? undefined : frame(arena, framing, start, end, batch.rows + 1, 0);
  if (framed?.records.count === batch.rows) {
    return { start, end, ends: endsOf(framed.records.starts, batch.rows, start, end) };
  }
  // There are newlines within records, or none at all: only one by one it is seen where each ends.
  writer.begin();
  const { at } = writer;
  const ends = new Int32Array(batch.rows);
  for (let row = 0; row < batch.rows; row++) {
    encoder.encode(sliceRows(batch, row, row + 1), writer);
    ends[row] = writer.at - at;
  }
  return { ...writer.end(), ends };
}

function encodeAll(writer: ArenaWriter, encoder: Encoder, batch: Batch): { start: number; end: number } {
  writer.begin();
  encoder.encode(batch, writer);
  return writer.end();
}

/** Where records that lie one behind another end: where the next one begins. */
function endsOf(starts: Int32Array, rows: number, start: number, end: number): Int32Array {
  const ends = new Int32Array(rows);
  for (let row = 1; row < rows; row++) ends[row - 1] = starts[row]! - start;
  if (rows > 0) ends[rows - 1] = end - start;
  return ends;
}
