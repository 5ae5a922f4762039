import { type Block, linesOf, type Prepared, type Sink, type SinkState } from '../../component/index.js';
import type { DeadLetter } from '../../workers/index.js';

/** As it stands in the JSON of a letter; within a text the quotes would be escaped. */
const REJECTED = Buffer.from('"rejected":true');
const NEWLINE = Buffer.from('\n');

export interface RejectingSinkOptions {
  /** For letters that are kept. */
  readonly letters: Sink;
  /** Gives a record back to where it came from; false where it came from no source of this run (as in a replay): it is kept. */
  readonly reject: (letter: DeadLetter) => boolean;
  /** So many records were given back, and are not kept. */
  readonly onRejected: (records: number) => void;
}

/**
 * Stands before the dead letters where stages reject records: these go back to their sources, which have them when the
 * barrier that follows has come here.
 */
export class RejectingSink implements Sink {
  readonly #options: RejectingSinkOptions;

  constructor(options: RejectingSinkOptions) {
    this.#options = options;
  }

  open(state: SinkState | undefined): Promise<SinkState> {
    return this.#options.letters.open(state);
  }

  async write(block: Block, signal: AbortSignal): Promise<void> {
    const { letters, reject, onRejected } = this.#options;
    const { buffer, byteOffset, length } = block.bytes;
    if (!Buffer.from(buffer, byteOffset, length).includes(REJECTED)) {
      await letters.write(block, signal);
      return;
    }
    const kept: Uint8Array[] = [];
    for (const line of linesOf(block.bytes)) {
      const { rejected, ...letter } = JSON.parse(Buffer.from(line).toString()) as DeadLetter;
      if (!rejected) kept.push(line, NEWLINE);
      else if (!reject(letter)) kept.push(Buffer.from(JSON.stringify(letter)), NEWLINE);
    }
    const records = kept.length / 2;
    if (records > 0) await letters.write({ ...block, bytes: Buffer.concat(kept), records }, signal);
    onRejected(block.records - records);
  }

  prepare(): Promise<Prepared> {
    return this.#options.letters.prepare();
  }

  close(): Promise<void> {
    return this.#options.letters.close();
  }
}
