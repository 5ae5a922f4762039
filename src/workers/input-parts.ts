import { type Arena, detachedRecords, type Records } from '../batch/index.js';
import { bytesAt } from '../component/index.js';
import {
  formatNamed,
  frame,
  joinContainers,
  joinsContainers,
  type MultilineFraming,
  type PieceDecoder,
} from '../formats/index.js';
import type { ChainPlan } from '../plan/index.js';
import { withoutLineEnd } from './cutter.js';
import { type DeadLetter, parsedMeta } from './dead-letter.js';
import { Ledger, Stopped } from './ledger.js';
import { packDeadLetters } from './outputs.js';
import { Counter, KEPT_BYTES, type MessagesInput, type TripInput, type TripResult } from './trip.js';
import type { TripFailed } from './trip-failed.js';

/** The records of a trip's input, so that some of them can be tried alone or given up. */
export class InputParts {
  readonly #plan: ChainPlan;
  readonly #pipeline: string;
  readonly #input: TripInput;
  /** By their places in the input's buffer. */
  readonly #records: Records;
  /** Its records are not found in so many bytes side by side, so that a part is a range of them. */
  readonly #isByRows: boolean;
  /** Where the records lie that were joined of parts; undefined where they lie in the input's buffer. */
  readonly #joined: Uint8Array | undefined;

  /** @param arena is overwritten */
  constructor(arena: Arena, plan: ChainPlan, pipeline: string, input: TripInput) {
    this.#plan = plan;
    this.#pipeline = pipeline;
    this.#input = input;
    const pieces = piecesOf(plan);
    const framing = plan.nodes[0]!.framing;
    const isJoined =
      framing !== undefined && joinsContainers(framing) && input.kind === 'bytes' && !input.messages;
    this.#isByRows =
      pieces !== undefined || isJoined || input.kind === 'batch' || input.messages !== undefined;
    if (isJoined) {
      const { records, bytes } = joinedOfChunk(arena, framing, input);
      this.#records = records;
      this.#joined = bytes;
      return;
    }
    this.#joined = undefined;
    if (input.kind === 'batch') this.#records = detachedRecords(input.batch);
    else if (input.messages) this.#records = recordsOfMessages(input, input.messages);
    else this.#records = pieces ? recordsOfPieces(pieces, input) : recordsOfChunk(arena, plan, input);
  }

  get count(): number {
    return this.#records.count;
  }

  /** The record at this position in the partition; -1 when there is none. */
  rowAt(offset: number): number {
    return this.#records.offsets.subarray(0, this.count).indexOf(offset);
  }

  /** The input of the records from `from` up to, but without, `to`. Its buffer is that of the whole. */
  part(from: number, to: number): TripInput {
    const input = this.#input;
    if (input.kind === 'batch' || this.#isByRows) return { ...input, rows: { from, to } };
    const { starts, count } = this.#records;
    const start = starts[from]!;
    const end = to < count ? starts[to]! : input.byteOffset + input.length;
    const offset = input.offset + start - input.byteOffset;
    return { ...input, byteOffset: start, length: end - start, offset };
  }

  /** What becomes of a record that cannot be got through the chain: the `on_error` of the chain's root decides. */
  refuse(row: number, { code, message }: TripFailed, attempts: number): TripResult {
    const { nodes } = this.#plan;
    const node = nodes[0]!.kind === 'receive' ? 1 : 0;
    const { stage, onError } = nodes[node]!;
    const input = this.#input;
    const isChunk = input.kind === 'bytes';
    const memory = { bytes: this.#joined ?? new Uint8Array(isChunk ? input.buffer : input.batch.buffer) };
    const { partition } = isChunk ? input : input.batch.meta;
    const said = isChunk ? saidOf(input, row) : undefined;
    const ledger = new Ledger(this.#pipeline, nodes.length, Date.now());
    ledger.add(node, Counter.IN, 1);
    const batch = { origin: this.#records, partition };
    const { counts, errors } = ledger;
    try {
      ledger.fail(memory, batch, row, { node, stage, onError }, code, message, attempts, said);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      return { outputs: [], returned: [], counts, errors, stoppedBy: error.by };
    }
    const letters = packDeadLetters(ledger.deadLetters);
    return { outputs: letters ? [letters] : [], returned: [], counts, errors, stoppedBy: undefined };
  }
}

function recordsOfChunk(arena: Arena, plan: ChainPlan, input: TripInput & { kind: 'bytes' }): Records {
  const { buffer, byteOffset, length, offset } = input;
  const starts: number[] = [];
  const lengths: number[] = [];
  const offsets: number[] = [];
  arena.reset();
  const start = arena.place(new Uint8Array(buffer, byteOffset, length));
  const end = start + length;
  arena.bytes[end] = 0;
  const { top } = arena;
  for (let at = start; at < end; ) {
    arena.reset(top);
    const { records, next } = frame(arena, plan.nodes[0]!.framing!, at, end, plan.maxRecords, offset - start);
    for (let row = 0; row < records.count; row++) {
      starts.push(records.starts[row]! - start + byteOffset);
      lengths.push(records.lengths[row]!);
      offsets.push(records.offsets[row]!);
    }
    at = next;
  }
  return {
    count: starts.length,
    starts: Int32Array.from(starts),
    lengths: Int32Array.from(lengths),
    offsets: Float64Array.from(offsets),
  };
}

/** The records of a chunk that are joined of parts, with a memory of their own. */
function joinedOfChunk(
  arena: Arena,
  framing: MultilineFraming,
  { buffer, byteOffset, length, offset }: TripInput & { kind: 'bytes' },
): { records: Records; bytes: Uint8Array } {
  arena.reset();
  const start = arena.place(new Uint8Array(buffer, byteOffset, length));
  const end = start + length;
  const found = joinContainers(arena, framing, start, end, offset - start);
  const { count } = found;
  const lengths = found.lengths.slice(0, count);
  const starts = new Int32Array(count);
  const bytes = new Uint8Array(lengths.reduce((sum, one) => sum + one, 0));
  for (let row = 0, at = 0; row < count; at += lengths[row++]!) {
    starts[row] = at;
    bytes.set(arena.bytes.subarray(found.starts[row]!, found.starts[row]! + lengths[row]!), at);
  }
  return { records: { count, starts, lengths, offsets: found.offsets.slice(0, count) }, bytes };
}

function piecesOf({ nodes }: ChainPlan): PieceDecoder | undefined {
  const format = nodes[0]!.kind === 'decode' ? nodes[0]!.format : undefined;
  return format && formatNamed(format.type)!.decoder!.createForPieces?.(format);
}

/** Of a record that could not even be decoded, the beginning of its piece is what there is. */
function recordsOfPieces(pieces: PieceDecoder, input: TripInput & { kind: 'bytes' }): Records {
  const bytes = new Uint8Array(input.buffer);
  const end = input.byteOffset + input.length;
  const [starts, lengths, offsets]: [number[], number[], number[]] = [[], [], []];
  for (let at = input.byteOffset; at < end; ) {
    const piece = pieces.pieceAt(bytes, at, end);
    for (let row = 0; row < piece.records; row++) {
      starts.push(at);
      lengths.push(Math.min(piece.end - at, KEPT_BYTES));
      offsets.push(input.offset + at - input.byteOffset + row);
    }
    at = piece.end;
  }
  return {
    count: starts.length,
    starts: Int32Array.from(starts),
    lengths: Int32Array.from(lengths),
    offsets: Float64Array.from(offsets),
  };
}

function recordsOfMessages(
  { buffer, byteOffset }: TripInput & { kind: 'bytes' },
  { ends, positions }: MessagesInput,
): Records {
  const bytes = new Uint8Array(buffer);
  const starts = Int32Array.from(ends, (_, row) => byteOffset + (row === 0 ? 0 : ends[row - 1]! + 1));
  const lengthOf = (end: number, row: number): number =>
    withoutLineEnd(bytes, starts[row]!, byteOffset + end) - starts[row]!;
  return { count: ends.length, starts, lengths: Int32Array.from(ends, lengthOf), offsets: positions };
}

function saidOf({ buffer, messages }: TripInput & { kind: 'bytes' }, row: number): Pick<DeadLetter, 'meta'> {
  const meta = messages?.meta;
  if (!meta) return {};
  const bytes = new Uint8Array(buffer, meta.byteOffset, meta.length);
  return parsedMeta(bytesAt({ bytes, ends: meta.ends }, row));
}
