import type { Arena } from '../batch/index.js';
import type { Envelope } from '../component/index.js';
import { joinEnvelopes } from './envelope.js';
import { DEAD_LETTERS, type OutputPart, type TripOutput } from './trip.js';

/** Outputs smaller than this share of a buffer are not put there: the rest would be memory that nobody counts. */
const LEAST_FILL = 0.5;
const SMALLEST_BUFFER = 4096;

/**
 * Finds buffers for a trip's outputs among those that came with it, so that a steady pipeline allocates nothing:
 * fresh pages cost more than the work itself.
 */
export class OutputBuffers {
  readonly #free: ArrayBuffer[];

  constructor(free: readonly ArrayBuffer[]) {
    this.#free = [...free];
  }

  /** The buffer of at least `bytes` that fits best, or a new one. */
  take(bytes: number): ArrayBuffer {
    let best = -1;
    for (let i = 0; i < this.#free.length; i++) {
      const size = this.#free[i]!.byteLength;
      if (size < bytes || bytes < size * LEAST_FILL) continue;
      if (best < 0 || size < this.#free[best]!.byteLength) best = i;
    }
    if (best < 0) return new ArrayBuffer(roundUp(bytes));
    return this.#free.splice(best, 1)[0]!;
  }

  /** The chunk's own buffer, once nothing reads it any more. */
  add(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
  }

  get left(): readonly ArrayBuffer[] {
    return this.#free;
  }
}

/** Sizes are powers of two, so that a returned buffer fits the next output of about the same size. */
export function roundUp(bytes: number): number {
  return bytes <= SMALLEST_BUFFER ? SMALLEST_BUFFER : 2 ** Math.ceil(Math.log2(bytes));
}

/** What a leaf has put out in this trip: where its records have paths, one part for each, in the order of their beginnings. */
export class LeafOutput {
  readonly #parts = new Map<string | undefined, PartOutput>();

  add(
    extent: { start: number; end: number },
    records: number,
    { key, envelope }: { readonly key?: string; readonly envelope?: Envelope } = {},
  ): void {
    let part = this.#parts.get(key);
    if (!part) {
      part = new PartOutput(key !== undefined);
      this.#parts.set(key, part);
    }
    part.add(extent, records, envelope);
  }

  moveOut(arena: Arena): void {
    for (const part of this.#parts.values()) part.moveOut(arena);
  }

  get records(): number {
    return this.#sum(({ records }) => records);
  }

  get length(): number {
    return this.#sum(({ length }) => length);
  }

  /** The one extent that holds everything, where there is one. */
  get single(): { start: number; end: number } | undefined {
    return this.#parts.size === 1 ? [...this.#parts.values()][0]!.single : undefined;
  }

  /** Undefined where the records have no paths. */
  get parts(): OutputPart[] | undefined {
    if (this.#parts.has(undefined)) return undefined;
    return [...this.#parts].map(([key, { length, records, envelope }]) => ({
      key: key!,
      length,
      records,
      ...(envelope && { envelope }),
    }));
  }

  /** Of a leaf that has one and no parts. */
  get envelope(): Envelope | undefined {
    return this.#parts.get(undefined)?.envelope;
  }

  copyTo(arena: Arena, target: Uint8Array): void {
    let at = 0;
    for (const part of this.#parts.values()) at = part.copyTo(arena, target, at);
  }

  #sum(count: (part: PartOutput) => number): number {
    return [...this.#parts.values()].reduce((sum, part) => sum + count(part), 0);
  }
}

/** Bytes that were put out in this trip: extents of the arena, and what had to be moved out of it before. */
class PartOutput {
  records = 0;
  readonly #moved: Uint8Array[] = [];
  readonly #envelopes: Envelope[] = [];
  #extents: { start: number; end: number }[] = [];

  readonly #isBatch: boolean;

  /** @param isBatch where it has an envelope, all of it is one message */
  constructor(isBatch: boolean) {
    this.#isBatch = isBatch;
  }

  add(extent: { start: number; end: number }, records: number, envelope?: Envelope): void {
    this.records += records;
    if (envelope) this.#envelopes.push(envelope);
    const last = this.#extents.at(-1);
    if (last && last.end === extent.start) last.end = extent.end;
    else if (extent.end > extent.start) this.#extents.push({ ...extent });
  }

  /** The arena is about to be emptied for the next batch of the trip. */
  moveOut(arena: Arena): void {
    for (const { start, end } of this.#extents) this.#moved.push(arena.bytes.slice(start, end));
    this.#extents = [];
  }

  /** Of all messages, where the leaf's have one. */
  get envelope(): Envelope | undefined {
    return this.#envelopes.length === 0 ? undefined : joinEnvelopes(this.#envelopes, this.#isBatch);
  }

  get length(): number {
    const moved = this.#moved.reduce((sum, bytes) => sum + bytes.length, 0);
    return this.#extents.reduce((sum, { start, end }) => sum + end - start, moved);
  }

  get single(): { start: number; end: number } | undefined {
    return this.#moved.length === 0 && this.#extents.length === 1 ? this.#extents[0] : undefined;
  }

  /** Answers where the next part begins. */
  copyTo(arena: Arena, target: Uint8Array, start: number): number {
    let at = start;
    for (const bytes of this.#moved) {
      target.set(bytes, at);
      at += bytes.length;
    }
    for (const { start, end } of this.#extents) {
      target.set(arena.bytes.subarray(start, end), at);
      at += end - start;
    }
    return at;
  }
}

/** What a leaf has put out, in a buffer that holds it. */
export function outputOf(
  node: number,
  leaf: LeafOutput,
  buffer: ArrayBuffer,
  byteOffset: number,
): TripOutput {
  const { records, length, parts, envelope } = leaf;
  const output = { kind: 'bytes', node, records, buffer, byteOffset, length } as const;
  return { ...output, ...(parts && { parts }), ...(envelope && { envelope }) };
}

/** The output of the dead letters, where there are any. */
export function packDeadLetters(letters: readonly string[]): TripOutput | undefined {
  if (letters.length === 0) return undefined;
  const encoded = new TextEncoder().encode(letters.join(''));
  const buffer = encoded.byteLength === encoded.buffer.byteLength ? encoded.buffer : encoded.slice().buffer;
  return {
    kind: 'bytes',
    node: DEAD_LETTERS,
    records: letters.length,
    buffer,
    byteOffset: 0,
    length: encoded.length,
  };
}
