import {
  ArenaWriter,
  constantNumber,
  constantText,
  Tag,
  textAddress,
  textLength,
  textVector,
  type Vector,
} from '../../batch/index.js';
import type { PlaceName } from '../tree.js';
import { Failure, Timestamp, type Value } from '../values.js';
import type { Frame } from './frame.js';
import { HardKernel, type Kernel, ValueKernel } from './kernel.js';
import { pathOfMeta } from './path.js';
import { writeInteger } from './write-text.js';

const encoder = new TextEncoder();
const OWN_ID = pathOfMeta('id');
const SLASH = 47;

/** A whole number, or a double, that a Float64 column holds exactly; undefined for other values. */
export function exactNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'bigint') return undefined;
  const number = Number(value);
  return Math.abs(number) < 2 ** 53 ? number : undefined;
}

/** Microseconds of a timestamp that has no finer part and is held exactly. */
export function exactMicros(value: Timestamp): number | undefined {
  const micros = value.nanos / 1000n;
  return micros * 1000n === value.nanos ? exactNumber(micros) : undefined;
}

/** The kernel of a value that every row has; values without a tag of their own are left to the interpreter. */
export function constantKernel(value: Value): Kernel {
  if (value === null) return new NumberKernel(Tag.NULL, 0);
  if (typeof value === 'boolean') return new NumberKernel(Tag.BOOL, value ? 1 : 0);
  if (typeof value === 'string') return new TextKernel(encoder.encode(value));
  if (value instanceof Failure) return new FailureKernel(value.message);
  const micros = value instanceof Timestamp ? exactMicros(value) : undefined;
  if (micros !== undefined) return new NumberKernel(Tag.TIMESTAMP, micros);
  const number = exactNumber(value);
  if (number === undefined) return new HardKernel();
  return new NumberKernel(typeof value === 'bigint' ? Tag.INT : Tag.DOUBLE, number);
}

class NumberKernel extends ValueKernel {
  readonly #tag: Tag;
  readonly #value: number;

  constructor(tag: Tag, value: number) {
    super();
    this.#tag = tag;
    this.#value = value;
  }

  evaluate(frame: Frame): Vector {
    return constantNumber(frame.arena, this.#tag, this.#value, frame.batch.rows);
  }
}

class TextKernel extends ValueKernel {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  evaluate(frame: Frame): Vector {
    return constantText(frame.arena, this.#bytes, frame.batch.rows);
  }
}

class FailureKernel extends ValueKernel {
  readonly #message: string;

  constructor(message: string) {
    super();
    this.#message = message;
  }

  evaluate(frame: Frame): Vector {
    return constantNumber(frame.arena, Tag.ERROR, frame.code(this.#message), frame.batch.rows);
  }
}

/** Where the rows came from. */
export class MetaKernel extends ValueKernel {
  readonly #name: PlaceName;

  constructor(name: PlaceName) {
    super();
    this.#name = name;
  }

  evaluate(frame: Frame): Vector {
    const { arena, batch } = frame;
    switch (this.#name) {
      case 'source':
        return constantText(arena, encoder.encode(batch.partition.source), batch.rows);
      case 'file':
        return constantText(arena, encoder.encode(batch.partition.name), batch.rows);
      case 'timestamp':
        return constantNumber(arena, Tag.TIMESTAMP, Math.round(batch.readAtMs * 1000), batch.rows);
      case 'id':
        return idsOf(frame);
      case 'offset': {
        const tags = arena.uint8(batch.rows).fill(Tag.INT);
        const numbers = batch.origin.offsets;
        return { length: batch.rows, tags, uniform: Tag.INT, numbers, views: undefined };
      }
    }
  }
}

/** `source:file:offset` of each row, or the id that a message's source gave it; of items with `/` and their place. */
function idsOf(frame: Frame): Vector {
  const { arena, batch } = frame;
  const { partition, origin, rows } = batch;
  const own = origin.meta && frame.resolved(OWN_ID, frame.rows);
  const prefix = encoder.encode(`${partition.source}:${partition.name}:`);
  const [starts, lengths] = [arena.int32(rows), arena.int32(rows)];
  const writer = new ArenaWriter(arena);
  writer.begin();
  for (let row = 0; row < rows; row++) {
    starts[row] = writer.at;
    if (own?.tags[row] === Tag.TEXT) {
      writer.copy(textAddress(own.views!, row), textLength(own.views!, row));
    } else {
      writer.bytes(prefix);
      writeInteger(writer, origin.offsets[row]!);
    }
    for (const places of origin.places ?? []) writePlace(writer, places[row]!);
    lengths[row] = writer.at - starts[row]!;
  }
  writer.end();
  return textVector(arena, starts, lengths, rows);
}

/** Of an item of a list, where it was in it. */
function writePlace(writer: ArenaWriter, place: number): void {
  if (place < 0) return;
  writer.byte(SLASH);
  writeInteger(writer, place);
}
