import { type Arena, type Records, Tag, textAt, type Vector } from '../batch/index.js';
import { parseJson } from './json.js';
import type { Frame } from './kernels/frame.js';
import type { RecordScope } from './row-function.js';
import type { MetaName } from './tree.js';
import { CelMap, Failure, Timestamp, type Value } from './values.js';

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
    return metaOf(this.#frame, name, this.row);
  }
}

/** Where a row of the batch came from. */
function metaOf(frame: Frame, name: MetaName, row: number): Value {
  const { partition, origin, readAtMs } = frame.batch;
  switch (name) {
    case 'source':
      return partition.source;
    case 'file':
      return partition.name;
    case 'offset':
      return BigInt(origin.offsets[row]!);
    case 'id':
      return (
        (ownId(frame, row) ?? `${partition.source}:${partition.name}:${origin.offsets[row]!}`) +
        placesOf(origin, row)
      );
    case 'timestamp':
      return new Timestamp(BigInt(Math.round(readAtMs * 1000)) * 1000n);
    default:
      return saidOfMessage(frame, name, row) ?? null;
  }
}

/** The id that a message's source gave it. */
function ownId(frame: Frame, row: number): string | undefined {
  const id = saidOfMessage(frame, 'id', row);
  return typeof id === 'string' ? id : undefined;
}

/** Of an item of a list, where it was in it. */
function placesOf({ places = [] }: Records, row: number): string {
  return places.map((of) => (of[row]! < 0 ? '' : `/${of[row]!}`)).join('');
}

function saidOfMessage({ arena, batch }: Frame, name: string, row: number): Value | undefined {
  const said = batch.origin.meta && valueAt(arena, batch.origin.meta, row);
  return said instanceof CelMap ? said.get(name) : undefined;
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
