import type { Arena } from './arena.js';
import type { Batch, Document, Partition, Records } from './batch.js';
import type { Escort, Questions } from './escort.js';
import { Tag, type Vector } from './vector.js';
import { ArenaWriter } from './writer.js';

/** Where a vector's arrays lie in the buffer of a detached batch; undefined: it has no such array. */
export interface DetachedVector {
  readonly name: string;
  readonly uniform: Tag | undefined;
  readonly tags: number;
  readonly numbers: number | undefined;
  readonly views: number | undefined;
  readonly errors: readonly string[] | undefined;
}

/** All about a detached batch but its bytes. Plain data: it is cloned with the message that transfers the buffer. */
export interface DetachedMeta {
  /** How many bytes of the buffer are used. */
  readonly byteLength: number;
  readonly rows: number;
  readonly columns: readonly DetachedVector[];
  readonly document:
    | {
        readonly vector: DetachedVector;
        readonly hidden: readonly string[];
        readonly members: readonly DetachedVector[];
      }
    | undefined;
  readonly starts: number;
  readonly lengths: number;
  readonly offsets: number;
  /** What the records' source says of each. */
  readonly meta?: DetachedVector;
  /** Of records that were made of items: their places. */
  readonly places?: readonly number[];
  /** Where the batch carries questions: their places, and that of the answers, a byte a row. */
  readonly questions?: {
    readonly hashes: number;
    readonly timesMs: number | undefined;
    readonly answers: number;
  };
  /** Where each record is to be a message of its own, for readers of any kind: what it is, and its stable id. */
  readonly messages?: { readonly texts: DetachedVector; readonly ids: DetachedVector };
  readonly untouched: string | undefined;
  readonly partition: Partition;
  readonly readAtMs: number;
}

/**
 * A batch outside of any arena: one buffer with its vectors (Arrow's layouts), its origin records and the texts that
 * do not lie in them. To move it to another thread, transfer `buffer`.
 */
export interface DetachedBatch {
  readonly buffer: ArrayBuffer;
  readonly meta: DetachedMeta;
}

const INLINE_BYTES = 12;
const NEWLINE = 10;

/**
 * Copies a batch out of its arena, which is left as it was.
 * @param provide gives a buffer of at least so many bytes, such as one that came back
 */
export function detachBatch(
  arena: Arena,
  batch: Batch,
  provide: (bytes: number) => ArrayBuffer = (bytes) => new ArrayBuffer(bytes),
  escort: Escort = {},
): DetachedBatch {
  const base = arena.top;
  try {
    const detacher = new Detacher(arena, batch, base, escort);
    const meta = detacher.run();
    const buffer = provide(meta.byteLength);
    new Uint8Array(buffer).set(arena.bytes.subarray(base, base + meta.byteLength));
    return { buffer, meta };
  } finally {
    arena.reset(base);
  }
}

/** Lays a batch out at the arena's top as it will lie in the buffer: positions are addresses minus `base`. */
class Detacher {
  readonly #arena: Arena;
  readonly #batch: Batch;
  readonly #base: number;
  readonly #escort: Escort;
  readonly #starts: Int32Array;
  readonly #copies: { from: Vector; views: Int32Array }[] = [];

  constructor(arena: Arena, batch: Batch, base: number, escort: Escort) {
    this.#arena = arena;
    this.#batch = batch;
    this.#base = base;
    this.#escort = escort;
    this.#starts = arena.int32(batch.rows);
  }

  run(): DetachedMeta {
    const { rows, columns, document, origin, untouched, partition, readAtMs } = this.#batch;
    const { questions, messages } = this.#escort;
    const fixed = {
      rows,
      columns: [...columns].map(([name, vector]) => this.#vector(name, vector)),
      document: document && {
        vector: this.#vector('', document.vector),
        hidden: [...document.hidden],
        members: [...document.members].map(([name, vector]) => this.#vector(name, vector)),
      },
      starts: this.#starts.byteOffset - this.#base,
      lengths: this.#copy(origin.lengths.byteOffset, rows * 4),
      offsets: this.#copy(origin.offsets.byteOffset, rows * 8),
      ...(origin.meta && { meta: this.#vector('', origin.meta) }),
      ...(origin.places && {
        places: origin.places.map((of) => this.#copy(of.byteOffset, rows * 4)),
      }),
      ...(questions && { questions: this.#placeQuestions(questions) }),
      ...(messages && {
        messages: { texts: this.#vector('', messages.texts), ids: this.#vector('', messages.ids) },
      }),
      untouched,
      partition,
      readAtMs,
    };
    const writer = new ArenaWriter(this.#arena);
    writer.begin();
    this.#records(writer);
    for (const { from, views } of this.#copies) this.#texts(writer, from, views);
    const { end } = writer.end();
    return { ...fixed, byteLength: end - this.#base };
  }

  #placeQuestions({ hashes, timesMs }: Questions): NonNullable<DetachedMeta['questions']> {
    const { rows } = this.#batch;
    return {
      hashes: this.#copy(hashes.byteOffset, rows * 8),
      timesMs: timesMs && this.#copy(timesMs.byteOffset, rows * 8),
      answers: this.#arena.allocate(rows) - this.#base,
    };
  }

  /** Copies bytes that lie in the arena. Returns their position. */
  #copy(from: number, length: number): number {
    const to = this.#arena.allocate(length);
    this.#arena.kernels.copyBytes(to, from, length);
    return to - this.#base;
  }

  #vector(name: string, vector: Vector): DetachedVector {
    const { uniform, tags, numbers, errors } = vector;
    const { rows } = this.#batch;
    let views: number | undefined;
    if (vector.views) {
      views = this.#copy(vector.views.byteOffset, rows * 16);
      const copied = new Int32Array(this.#arena.memory.buffer, this.#base + views, rows * 4);
      this.#copies.push({ from: vector, views: copied });
    }
    return {
      name,
      uniform,
      tags: this.#copy(tags.byteOffset, rows),
      numbers: numbers && this.#copy(numbers.byteOffset, rows * 8),
      views,
      errors,
    };
  }

  /** Copies the origin records with what lies between neighbours, so that whole runs are copied at once. */
  #records(writer: ArenaWriter): void {
    const { starts, lengths } = this.#batch.origin;
    const { rows } = this.#batch;
    let row = 0;
    while (row < rows) {
      const runStart = starts[row]!;
      const shift = writer.at - this.#base - runStart;
      let runEnd = runStart;
      for (; row < rows; row++) {
        const start = starts[row]!;
        if (start < runStart || start > runEnd + 2) break;
        runEnd = Math.max(runEnd, start + lengths[row]!);
        this.#starts[row] = start + shift;
      }
      // With the newline, so that a run can go out again as it came in.
      const terminated = this.#arena.bytes[runEnd] === NEWLINE ? runEnd + 1 : runEnd;
      writer.copy(runStart, terminated - runStart);
    }
  }

  /** Relocates the views of one vector: texts within their row's record move with it, others are copied. */
  #texts(writer: ArenaWriter, { tags, uniform }: Vector, views: Int32Array): void {
    const { starts, lengths } = this.#batch.origin;
    let lastAddress = 0;
    let lastLength = 0;
    let lastPosition = 0;
    for (let row = 0; row < this.#batch.rows; row++) {
      const at = row * 4;
      if (!isText(uniform ?? tags[row]!)) {
        views.fill(0, at, at + 4);
        continue;
      }
      const length = views[at]!;
      if (length <= INLINE_BYTES) continue;
      const address = views[at + 3]!;
      const inRecord = address - starts[row]!;
      if (inRecord >= 0 && inRecord + length <= lengths[row]!) {
        views[at + 3] = this.#starts[row]! + inRecord;
        continue;
      }
      if (address !== lastAddress || length > lastLength) {
        lastAddress = address;
        lastLength = length;
        lastPosition = writer.at - this.#base;
        writer.copy(address, length);
      }
      views[at + 3] = lastPosition;
    }
  }
}

function isText(tag: number): boolean {
  return tag === Tag.TEXT || tag === Tag.JSON || tag === Tag.BIGINT;
}

/** Copies a detached batch into an arena. The buffer is free again afterwards. */
export function attachBatch(arena: Arena, { buffer, meta }: DetachedBatch): Batch {
  const { rows, untouched, partition, readAtMs } = meta;
  const base = arena.place(new Uint8Array(buffer, 0, meta.byteLength));
  const memory = arena.memory.buffer;
  const vectorAt = (detached: DetachedVector): Vector => attachVector(memory, base, rows, detached);
  const starts = new Int32Array(memory, base + meta.starts, rows);
  for (let row = 0; row < rows; row++) starts[row]! += base;
  const origin: Records = {
    count: rows,
    starts,
    lengths: new Int32Array(memory, base + meta.lengths, rows),
    offsets: new Float64Array(memory, base + meta.offsets, rows),
    ...(meta.meta && { meta: vectorAt(meta.meta) }),
    ...(meta.places && { places: meta.places.map((at) => new Int32Array(memory, base + at, rows)) }),
  };
  const document: Document | undefined = meta.document && {
    vector: vectorAt(meta.document.vector),
    hidden: new Set(meta.document.hidden),
    members: new Map(meta.document.members.map((member) => [member.name, vectorAt(member)])),
  };
  const columns = new Map(meta.columns.map((column) => [column.name, vectorAt(column)]));
  return { rows, columns, document, origin, untouched, partition, readAtMs };
}

/** The questions of a detached batch and the room for their answers, in its buffer; undefined where it carries none. */
export function questionsOf({
  buffer,
  meta: { rows, questions },
}: DetachedBatch): (Questions & { readonly answers: Uint8Array }) | undefined {
  if (!questions) return undefined;
  const { hashes, timesMs, answers } = questions;
  return {
    hashes: new Int32Array(buffer, hashes, rows * 2),
    timesMs: timesMs === undefined ? undefined : new Float64Array(buffer, timesMs, rows),
    answers: new Uint8Array(buffer, answers, rows),
  };
}

/** The origin records of a detached batch, by their places in its buffer. */
export function detachedRecords({ buffer, meta }: DetachedBatch): Records {
  const { rows } = meta;
  return {
    count: rows,
    starts: new Int32Array(buffer, meta.starts, rows),
    lengths: new Int32Array(buffer, meta.lengths, rows),
    offsets: new Float64Array(buffer, meta.offsets, rows),
    ...(meta.meta && { meta: attachVector(buffer, 0, rows, meta.meta) }),
    ...(meta.places && { places: meta.places.map((at) => new Int32Array(buffer, at, rows)) }),
  };
}

function attachVector(memory: ArrayBuffer, base: number, rows: number, detached: DetachedVector): Vector {
  const { uniform, errors } = detached;
  const numbers =
    detached.numbers === undefined ? undefined : new Float64Array(memory, base + detached.numbers, rows);
  let views: Int32Array | undefined;
  if (detached.views !== undefined) {
    views = new Int32Array(memory, base + detached.views, rows * 4);
    for (let at = 0; base > 0 && at < views.length; at += 4)
      if (views[at]! > INLINE_BYTES) views[at + 3]! += base;
  }
  const vector: Vector = {
    length: rows,
    tags: new Uint8Array(memory, base + detached.tags, rows),
    uniform,
    numbers,
    views,
  };
  return errors ? { ...vector, errors } : vector;
}
