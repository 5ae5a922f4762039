import type { MillraceError } from '../base/errors.js';
import { type Block, blockOfRows, type RefusedRow } from '../component/index.js';

/** A record of a block that was given up. */
export interface GivenUpRow extends Pick<RefusedRow, 'row' | 'code' | 'message'> {
  readonly attempts: number;
}

/** A block on its way into a sink, which may take it record by record: what is left of it, and what was given up. */
export class WriteTask {
  /** What the sink has not taken yet. */
  rest: Block;
  attempts = 0;
  readonly givenUp: GivenUpRow[] = [];
  readonly #records: number;
  /** For each record of the rest its index in the whole block; undefined while all are left. */
  #rows: readonly number[] | undefined;
  /** Why the sink did not take these, where it said so of each. */
  #reasons: readonly RefusedRow[] = [];

  constructor(block: Block) {
    this.rest = block;
    this.#records = block.records;
  }

  /** The sink has not said anything about single records. */
  get isWhole(): boolean {
    return this.#rows === undefined;
  }

  /** The block is one message, of which no part can come again. */
  get isBatch(): boolean {
    return this.rest.envelope?.ends.length !== this.rest.records;
  }

  /**
   * Keeps the records that shall come again, and gives up the others that were refused.
   * @returns one that shall come again, if there is any
   */
  refuse(refused: readonly RefusedRow[]): RefusedRow | undefined {
    if (refused.length === 0) return undefined;
    if (!this.rest.envelope) throw new Error('a sink without an envelope cannot refuse single records');
    const rows = this.#rows ?? Array.from({ length: this.#records }, (_, row) => row);
    const sorted = [...refused].sort((a, b) => a.row - b.row);
    const comesAgain = ({ retryable }: RefusedRow): boolean => retryable === true && !this.isBatch;
    const again = sorted.filter(comesAgain);
    for (const one of sorted) if (!comesAgain(one)) this.#giveUp(rows[one.row]!, one);
    this.#rows = again.map(({ row }) => rows[row]!);
    this.#reasons = again;
    if (again.length > 0) {
      this.rest = blockOfRows(
        this.rest,
        again.map(({ row }) => row),
      );
    }
    return again[0];
  }

  /** @param error for records of which the sink said nothing */
  giveUpRest(error: MillraceError): void {
    const { code, message } = error;
    for (const [i, row] of this.#rows!.entries()) this.#giveUp(row, this.#reasons[i] ?? { code, message });
    this.givenUp.sort((a, b) => a.row - b.row);
  }

  /** The sink failed as a whole: the reasons that it gave before are not why. */
  forgetReasons(): void {
    this.#reasons = [];
  }

  #giveUp(row: number, { code, message }: Pick<RefusedRow, 'code' | 'message'>): void {
    this.givenUp.push({ row, code, message, attempts: this.attempts });
  }
}
