import { type Clock, systemClock } from '../../base/clock.js';
import { MillraceError } from '../../base/errors.js';
import type { Storage } from '../../base/storage.js';
import { formatSize } from '../../base/units.js';
import type { Block, Prepared, Sink, SinkState, StageLog } from '../../component/index.js';
import { LogWriter } from '../../log/index.js';
import { letterLog, openLetterLog, trimResolved } from './letter-log.js';
import { type Piece, piecesOf } from './pieces.js';
import { type Ranges, within } from './ranges.js';
import { readState, writeState } from './state.js';

export interface DeadLetterSinkOptions {
  readonly storage: Storage;
  /** That of the letters alone: `<state>/<pipeline>/dead_letters`. */
  readonly folder: string;
  /** The letters' share of the disk. */
  readonly maxBytes: number;
  readonly log: StageLog;
  readonly clock?: Clock;
}

/** Between two looks whether there is room. */
const PAUSE_MS = 500;
/** Who reads holds one piece at a time. */
const PIECE_BYTES = 256 * 1024;

/**
 * Keeps dead letters in a log on the disk. Touches nothing before the first letter. Letters are never dropped: when there
 * is no room for them, the pipeline waits.
 *
 * It has no `commit`, for which the end of a run would have to wait: what was resolved is removed when it is opened.
 */
export class DeadLetterSink implements Sink {
  readonly #options: DeadLetterSinkOptions;
  #writer: LogWriter | undefined;
  #resolved: Ranges = [];
  #isWaiting = false;

  constructor(options: DeadLetterSinkOptions) {
    this.#options = options;
  }

  /** Without a state, letters that are there already are kept: nothing but the user discards letters. */
  async open(state: SinkState | undefined): Promise<SinkState> {
    const known = readState(state);
    this.#writer = await openLetterLog(this.#options, known?.log);
    // Where the log was deleted, its numbers may begin anew.
    this.#resolved = this.#writer ? within(known?.resolved ?? [], 0, this.#writer.nextOffset) : [];
    if (this.#writer) await trimResolved(this.#writer, this.#resolved);
    return this.#state();
  }

  async write(block: Block, signal: AbortSignal): Promise<void> {
    if (block.records === 0) return;
    for (const piece of piecesOf(block.bytes, PIECE_BYTES)) await this.#append(piece, signal);
  }

  async prepare(): Promise<Prepared> {
    const writer = this.#writer;
    return { state: this.#state(), durable: async () => await writer?.sync() };
  }

  async close(): Promise<void> {
    await this.#writer?.close();
    this.#writer = undefined;
  }

  #state(): SinkState {
    return writeState({ log: this.#writer?.state ?? null, resolved: this.#resolved });
  }

  async #append(piece: Piece, signal: AbortSignal): Promise<void> {
    while (!(await this.#tryToAppend(piece))) {
      this.#isWaiting = true;
      await (this.#options.clock ?? systemClock).sleep(PAUSE_MS, signal);
    }
    if (this.#isWaiting)
      this.#options.log.info({}, 'there is room for dead letters again; the pipeline goes on');
    this.#isWaiting = false;
  }

  /** False when there is no room. */
  async #tryToAppend({ bytes, records }: Piece): Promise<boolean> {
    const { maxBytes } = this.#options;
    try {
      this.#writer ??= await LogWriter.open(letterLog(this.#options), undefined);
      const isEmpty = this.#writer.firstOffset === this.#writer.nextOffset;
      if (!isEmpty && this.#writer.bytes + bytes.length > maxBytes) {
        const full = `the dead letters are full (${formatSize(maxBytes)})`;
        this.#warn('dead_letters_full', `${full}: look at "millrace dlq stats"; the pipeline waits`);
        return false;
      }
      await this.#writer.append(bytes, { records, timestampMs: Date.now(), kind: 0 });
      return true;
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'disk_full') throw error;
      this.#warn('disk_full', 'the disk has no room for dead letters: the pipeline waits until it has some');
      return false;
    }
  }

  #warn(code: string, message: string): void {
    if (!this.#isWaiting) this.#options.log.warn({ code, folder: this.#options.folder }, message);
  }
}
