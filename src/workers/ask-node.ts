import {
  type Arena,
  ArenaWriter,
  type Batch,
  gatherRows,
  type Questions,
  Tag,
  textAddress,
  type Vector,
} from '../batch/index.js';
import { compileExpression, type Program, parseExpression } from '../expression/index.js';
import { writePlain } from '../formats/index.js';
import type { NodePlan } from '../plan/index.js';
import { EXPRESSION_FAILED, errorAt } from '../transforms/index.js';
import type { Ledger } from './ledger.js';
import type { Sent } from './send-node.js';
import { Counter } from './trip.js';

const MICROS_PER_MS = 1000;
const LOWER_N = 110;

/** Hands batches to a stage with a memory, and with each record what is asked about it: the hash of its key, and its time. */
export class AskNode {
  readonly #at: { node: number; stage: string; onError: NodePlan['onError'] };
  readonly #key: Program;
  readonly #time: Program | undefined;
  readonly #nullPasses: boolean;

  constructor({ asks, stage, onError }: NodePlan, node: number) {
    const { key, time, nullPasses } = asks!;
    this.#at = { node, stage, onError };
    this.#key = compileExpression(parseExpression(key));
    this.#time = time === undefined ? undefined : compileExpression(parseExpression(time));
    this.#nullPasses = nullPasses ?? false;
  }

  run(arena: Arena, all: Batch, ledger: Ledger): Sent[] {
    let batch = all;
    let key = this.#key.evaluate(arena, batch);
    let time = this.#time?.evaluate(arena, batch);
    const failed = this.#fail(arena, ledger, batch, key, time);
    if (failed.size > 0) {
      batch = withoutRows(arena, batch, failed);
      if (batch.rows === 0) return [];
      key = this.#key.evaluate(arena, batch);
      time = this.#time?.evaluate(arena, batch);
    }
    const hashes = hashesOf(arena, key, this.#nullPasses);
    const timesMs = time && timesOf(arena, time, batch.readAtMs);
    return [{ batch, questions: { hashes, timesMs } }];
  }

  /** Records without a key or a time follow the stage's `on_error`. */
  #fail(
    arena: Arena,
    ledger: Ledger,
    batch: Batch,
    key: Vector,
    time: Vector | undefined,
  ): ReadonlySet<number> {
    const failed = new Set<number>();
    const fail = (row: number, message: string) => {
      ledger.add(this.#at.node, Counter.IN, 1);
      ledger.fail(arena, batch, row, this.#at, EXPRESSION_FAILED, message);
      failed.add(row);
    };
    if (mayHold(key, Tag.ERROR)) {
      for (let row = 0; row < batch.rows; row++) {
        if (tagAt(key, row) === Tag.ERROR) fail(row, `cannot find its key: ${errorAt(key, row)}`);
      }
    }
    if (!time || time.uniform === Tag.TIMESTAMP) return failed;
    for (let row = 0; row < batch.rows; row++) {
      const tag = tagAt(time, row);
      if (tag === Tag.TIMESTAMP || isNullAt(arena, time, row) || failed.has(row)) continue;
      fail(row, `cannot find its time: ${tag === Tag.ERROR ? errorAt(time, row) : 'it is no timestamp'}`);
    }
    return failed;
  }
}

function tagAt({ uniform, tags }: Vector, row: number): number {
  return uniform ?? tags[row]!;
}

function mayHold({ uniform }: Vector, tag: Tag): boolean {
  return uniform === undefined || uniform === tag;
}

/** Of JSON that nobody has looked into, null is a text. */
function isNullAt(arena: Arena, vector: Vector, row: number): boolean {
  const tag = tagAt(vector, row);
  if (tag !== Tag.JSON) return tag === Tag.NULL || tag === Tag.ABSENT;
  return arena.bytes[textAddress(vector.views!, row)] === LOWER_N;
}

function withoutRows(arena: Arena, batch: Batch, without: ReadonlySet<number>): Batch {
  const rows = arena.int32(batch.rows);
  let count = 0;
  for (let row = 0; row < batch.rows; row++) if (!without.has(row)) rows[count++] = row;
  return gatherRows(arena, batch, rows, count);
}

/** Of each key's plain text, so that `"7"` and 7, as text or as JSON, are the same. */
function hashesOf(arena: Arena, key: Vector, nullPasses: boolean): Questions['hashes'] {
  const { length } = key;
  const views = key.uniform === Tag.TEXT ? key.views! : plainViews(arena, key);
  const hashes = arena.int32(length * 2);
  arena.kernels.hashTexts(views.byteOffset, length, hashes.byteOffset);
  const mayBeNull = key.uniform !== Tag.TEXT;
  for (let row = 0; row < length; row++) {
    // Two zeros are kept for records without a key.
    if (mayBeNull && isNullAt(arena, key, row)) hashes[2 * row] = hashes[2 * row + 1] = nullPasses ? 0 : -1;
    else if (hashes[2 * row] === 0 && hashes[2 * row + 1] === 0) hashes[2 * row] = 1;
  }
  return hashes;
}

function plainViews(arena: Arena, vector: Vector): Int32Array {
  const { length } = vector;
  const views = arena.int32(length * 4);
  const starts = arena.int32(length);
  const lengths = arena.int32(length);
  const writer = new ArenaWriter(arena);
  writer.begin();
  for (let row = 0; row < length; row++) {
    starts[row] = writer.at;
    if (!isNullAt(arena, vector, row)) writePlain(writer, vector, row);
    lengths[row] = writer.at - starts[row]!;
  }
  writer.end();
  arena.kernels.makeViews(starts.byteOffset, lengths.byteOffset, length, views.byteOffset);
  return views;
}

function timesOf(arena: Arena, time: Vector, readAtMs: number): Float64Array {
  const times = arena.float64(time.length);
  for (let row = 0; row < time.length; row++) {
    times[row] = tagAt(time, row) === Tag.TIMESTAMP ? time.numbers![row]! / MICROS_PER_MS : readAtMs;
  }
  return times;
}
