import { join } from 'node:path';
import { linesOf } from '../../component/index.js';
import { LogReader } from '../../log/index.js';
import type { DeadLetter } from '../../workers/index.js';
import { type LetterFilter, matches } from './filter.js';
import { firstOutside, type Ranges, rangeAt } from './ranges.js';
import type { DeadLetterState } from './state.js';
import { type DeadLetterPlace, deadLetterFolder, knownWithoutLock } from './store.js';

export interface StoredLetter {
  /** Its offset in the log: stays the same as long as the letter is there. */
  readonly id: number;
  readonly letter: DeadLetter;
  /** As it is kept, an NDJSON line. */
  readonly bytes: number;
}

/** Letters that cannot be read: from the first number up to, but without, the second. */
export interface LetterDamage {
  readonly from: number;
  readonly to: number;
  /** What of the disk is damaged; 0 where it is missing. */
  readonly bytes: number;
}

/** The dead letters of a segment that are neither replayed nor discarded, as of its last checkpoint. Changes nothing. */
export class DeadLetters {
  readonly #place: DeadLetterPlace;
  readonly #folder: string;
  readonly #state: DeadLetterState;

  private constructor(place: DeadLetterPlace, state: DeadLetterState) {
    this.#place = place;
    this.#folder = deadLetterFolder(place.folder, place.segment);
    this.#state = state;
  }

  /** A run may go on meanwhile. */
  static async open(place: DeadLetterPlace): Promise<DeadLetters> {
    return new DeadLetters(place, await knownWithoutLock(place));
  }

  /** In the order in which they came. Holds a few at a time. */
  async *select(
    filter: LetterFilter,
    onDamage: (damage: LetterDamage) => void = () => {},
  ): AsyncGenerator<StoredLetter> {
    const { storage } = this.#place;
    const { log, resolved } = this.#state;
    if (log === null || (await storage.list(this.#folder)).length === 0) return;
    const { first, last } = boundsOf(filter.ids);
    const fromOffset = firstOutside(resolved, first);
    const end = log === undefined ? {} : { end: log };
    const reader = await LogReader.open({ storage, folder: this.#folder }, { fromOffset, ...end });
    const gaps = new Gaps(reader, fromOffset, onDamage);
    try {
      for (let frame = await reader.read(); frame; frame = await reader.read()) {
        gaps.found(frame.baseOffset, frame.records);
        if (frame.baseOffset > last) return;
        yield* lettersOf(frame.payload, frame.baseOffset, filter, resolved);
      }
      if (log) gaps.found(log.nextOffset, 0);
    } finally {
      await reader.close();
    }
  }

  /** What they take on the disk, with what is resolved and not yet removed. */
  async diskBytes(): Promise<number> {
    const { storage } = this.#place;
    let bytes = 0;
    for (const name of await storage.list(this.#folder)) {
      const file = await storage.open(join(this.#folder, name), 'read');
      bytes += (await file.stat()).size;
      await file.close();
    }
    return bytes;
  }
}

/** Finds the letters that a reader has passed over. */
class Gaps {
  readonly #reader: LogReader;
  readonly #onDamage: (damage: LetterDamage) => void;
  #expected: number;
  #regions = 0;

  constructor(reader: LogReader, fromOffset: number, onDamage: (damage: LetterDamage) => void) {
    this.#reader = reader;
    this.#expected = fromOffset;
    this.#onDamage = onDamage;
  }

  found(offset: number, records: number): void {
    if (offset > this.#expected) {
      const regions = this.#reader.skipped.slice(this.#regions);
      const bytes = regions.reduce((sum, { from, to }) => sum + to - from, 0);
      this.#onDamage({ from: this.#expected, to: offset, bytes });
    }
    this.#regions = this.#reader.skipped.length;
    this.#expected = Math.max(this.#expected, offset + records);
  }
}

function boundsOf(ids: ReadonlySet<number> | undefined): { first: number; last: number } {
  let first = ids ? Number.MAX_SAFE_INTEGER : 0;
  let last = ids ? -1 : Number.MAX_SAFE_INTEGER;
  for (const id of ids ?? []) {
    first = Math.min(first, id);
    last = Math.max(last, id);
  }
  return { first, last };
}

function* lettersOf(
  payload: Uint8Array,
  baseOffset: number,
  filter: LetterFilter,
  resolved: Ranges,
): Generator<StoredLetter> {
  let id = baseOffset - 1;
  for (const line of linesOf(payload)) {
    id++;
    if ((filter.ids && !filter.ids.has(id)) || rangeAt(resolved, id)) continue;
    const letter = JSON.parse(
      Buffer.from(line.buffer, line.byteOffset, line.length).toString(),
    ) as DeadLetter;
    if (matches(letter, filter)) yield { id, letter, bytes: line.length + 1 };
  }
}
