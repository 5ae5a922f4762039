import { murmur3 } from '../base/hash.js';
import {
  type ArenaWriter,
  type Partition,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../batch/index.js';
import { writePlain } from '../formats/index.js';

/** The hash of a value's plain text, so that `"7"` and 7, as text or as JSON, are the same. `writer` is begun anew. */
export function hashOfValue(writer: ArenaWriter, vector: Vector, row: number, seed: number): number {
  const { bytes } = writer.arena;
  if ((vector.uniform ?? vector.tags[row]) === Tag.TEXT) {
    const start = textAddress(vector.views!, row);
    return murmur3(bytes, start, start + textLength(vector.views!, row), seed);
  }
  // Written to free memory that nobody keeps: the next row writes to the same place.
  writer.begin();
  writePlain(writer, vector, row);
  return murmur3(bytes, writer.at - writer.length, writer.at, seed);
}

export function hashOfPartition({ source, name }: Partition, seed: number): number {
  const bytes = new TextEncoder().encode(`${source}\0${name}`);
  return murmur3(bytes, 0, bytes.length, seed);
}
