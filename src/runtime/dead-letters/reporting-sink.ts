import { type Block, linesOf, type Prepared, type Sink, type SinkState } from '../../component/index.js';
import type { DeadLetter } from '../../workers/index.js';

/** In the place of the store, where what fails is still in the queue that it came from: tells of each letter, and keeps none. */
export class ReportingSink implements Sink {
  readonly #report: (letter: DeadLetter) => void;

  constructor(report: (letter: DeadLetter) => void) {
    this.#report = report;
  }

  async open(): Promise<SinkState> {
    return null;
  }

  async write({ bytes }: Block): Promise<void> {
    for (const line of linesOf(bytes)) this.#report(JSON.parse(Buffer.from(line).toString()) as DeadLetter);
  }

  async prepare(): Promise<Prepared> {
    return { state: null, durable: async () => {} };
  }

  async close(): Promise<void> {}
}
