const NEWLINE = 0x0a;

/** Some of the lines of a block. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly records: number;
}

/** Cuts NDJSON into pieces of whole lines, of about `maxBytes` unless one line is longer. */
export function* piecesOf(bytes: Uint8Array, maxBytes: number): Generator<Piece> {
  let start = 0;
  let end = 0;
  let records = 0;
  while (end < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, end);
    const lineEnd = newline < 0 ? bytes.length : newline + 1;
    if (records > 0 && lineEnd - start > maxBytes) {
      yield { bytes: bytes.subarray(start, end), records };
      start = end;
      records = 0;
    }
    end = lineEnd;
    records++;
  }
  if (records > 0) yield { bytes: bytes.subarray(start), records };
}
