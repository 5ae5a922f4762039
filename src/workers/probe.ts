import {
  type Arena,
  ArenaFull,
  ArenaWriter,
  type Batch,
  EMPTY_SHAPE,
  gatherRows,
  sliceRows,
} from '../batch/index.js';
import { type Encoder, formatNamed } from '../formats/index.js';

/** What someone wants to see of the records that pass a stage. Plain data: it travels to the threads. */
export interface TapRequest {
  readonly stage: string;
  readonly side: 'inputs' | 'outputs';
  /** So many of a trip at most. */
  readonly records: number;
}

/** Some records that passed a stage, each a JSON object as text on one line. */
export interface TapSample extends Pick<TapRequest, 'stage' | 'side'> {
  readonly records: readonly string[];
}

/** Longer ones are not shown. */
const MOST_CHARACTERS = 64 * 1024;

/** Takes samples of what passes the nodes of a trip. Leaves no trace in the arena, and changes nothing. */
export class Probe {
  readonly #arena: Arena;
  readonly #writer: ArenaWriter;
  readonly #encoder: Encoder = formatNamed('json')!.encoder!.create({ type: 'json' }, EMPTY_SHAPE);
  readonly #taken: readonly (TapRequest & { readonly taken: string[] })[];

  constructor(taps: readonly TapRequest[], arena: Arena) {
    this.#arena = arena;
    this.#writer = new ArenaWriter(arena);
    this.#taken = taps.map((tap) => ({ ...tap, taken: [] }));
  }

  /** @param whole makes of some rows what shall be shown of them */
  take(stage: string, side: TapRequest['side'], batch: Batch, whole = (part: Batch) => part): void {
    for (const tap of this.#taken) {
      if (tap.stage === stage && tap.side === side) this.#sample(batch, tap.records, tap.taken, whole);
    }
  }

  get samples(): readonly TapSample[] {
    return this.#taken
      .filter(({ taken }) => taken.length > 0)
      .map(({ stage, side, taken }) => ({ stage, side, records: taken }));
  }

  #sample(batch: Batch, most: number, taken: string[], whole: (part: Batch) => Batch): void {
    const count = Math.min(batch.rows, most - taken.length);
    if (count <= 0) return;
    const { top } = this.#arena;
    try {
      const rows = this.#arena.int32(count);
      for (let i = 0; i < count; i++) rows[i] = Math.floor((i * batch.rows) / count);
      const part = whole(gatherRows(this.#arena, batch, rows, count));
      for (let row = 0; row < part.rows; row++) {
        const text = this.#textOf(sliceRows(part, row, row + 1));
        if (text.length <= MOST_CHARACTERS) taken.push(text);
      }
    } catch (error) {
      // The trip needs the room more.
      if (!(error instanceof ArenaFull)) throw error;
    } finally {
      this.#arena.reset(top);
    }
  }

  #textOf(row: Batch): string {
    this.#writer.begin();
    this.#encoder.encode(row, this.#writer);
    const { start, end } = this.#writer.end();
    // A newline in JSON is a space: those in texts are escaped.
    return Buffer.from(this.#arena.bytes.slice(start, end)).toString().trimEnd().replaceAll('\n', ' ');
  }
}
