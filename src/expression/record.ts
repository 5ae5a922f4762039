import { type Arena, type Batch, Tag, textAt, type Vector } from '../batch/index.js';
import { parseJson } from './json.js';
import type { Frame } from './kernels/frame.js';
import type { RecordScope } from './row-function.js';
import type { MetaName } from './tree.js';
import { Failure, Timestamp, type Value } from './values.js';

/** The rows of a batch as the row interpreter sees them, one at a time. */
export class BatchRecord implements RecordScope {
  readonly locals: Value[] = [];
  readonly #frame: Frame;
  row = 0;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  field(name: string): Value | undefined {
    const { arena, messages } = this.#frame;
    return valueAt(arena, this.#frame.column(name), this.row, messages);
  }

  meta(name: MetaName): Value {
    return metaOf(this.#frame.batch, name, this.row);
  }
}

/** Where a row of the batch came from. */
export function metaOf(batch: Batch, name: MetaName, row: number): Value {
  switch (name) {
    case 'source':
      return batch.partition.source;
    case 'file':
      return batch.partition.name;
    case 'offset':
      return BigInt(batch.origin.offsets[row]!);
    case 'id':
      return `${batch.partition.source}:${batch.partition.name}:${batch.origin.offsets[row]!}`;
    case 'timestamp':
      return new Timestamp(BigInt(Math.round(batch.readAtMs * 1000)) * 1000n);
  }
}

/** The value of a row, undefined where it is absent. `messages` are those of the vector's errors. */
export function valueAt(
  arena: Arena,
  vector: Vector,
  row: number,
  messages: readonly string[] = vector.errors ?? [],
): Value | undefined {
  const tag = vector.tags[row] as Tag;
  switch (tag) {
    case Tag.ABSENT:
      return undefined;
    case Tag.NULL:
      return null;
    case Tag.BOOL:
      return vector.numbers![row] === 1;
    case Tag.INT:
      return BigInt(vector.numbers![row]!);
    case Tag.DOUBLE:
      return vector.numbers![row]!;
    case Tag.TIMESTAMP:
      return new Timestamp(BigInt(Math.round(vector.numbers![row]!)) * 1000n);
    case Tag.TEXT:
      return textAt(arena, vector, row);
    case Tag.BIGINT:
      return BigInt(textAt(arena, vector, row));
    case Tag.JSON:
      return parseJson(textAt(arena, vector, row));
    case Tag.ERROR:
      return new Failure(messages[vector.numbers![row]!] ?? 'an error');
  }
}
