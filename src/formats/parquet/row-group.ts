/** What the footer says about a column of a row group; positions count from the group's first byte. */
export interface ChunkMeta {
  readonly values: number;
  readonly plainBytes: number;
  readonly bytes: number;
  readonly start: number;
  /** Where the data page begins, when a dictionary comes before it. */
  readonly dataStart?: number;
  readonly nulls: number;
  /** The least and the greatest value, in base64 as the page would have them. */
  readonly least?: string;
  readonly greatest?: string;
}

export interface RowGroupMeta {
  readonly rows: number;
  readonly chunks: readonly ChunkMeta[];
}

/** After the pages of a group lies what the footer will say about it, then two lengths: of this text, and of the group with all. */
export const LENGTHS_BYTES = 8;

export function rowGroupTrailer(meta: RowGroupMeta, pagesBytes: number): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(meta));
  const trailer = new Uint8Array(text.length + LENGTHS_BYTES);
  trailer.set(text);
  const view = new DataView(trailer.buffer, text.length);
  view.setUint32(0, text.length, true);
  view.setUint32(4, pagesBytes + trailer.length, true);
  return trailer;
}
