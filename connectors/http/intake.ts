import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StageLog } from '#component';
import { BodyBudget, readBody } from './body.js';
import { Gate, keyOf, metaOf } from './gate.js';
import type { HttpSourceOptions } from './options.js';
import { recordsOf } from './records.js';
import { Refusal } from './refusal.js';
import { replyRefused } from './reply.js';

/** A request that was read whole, and waits to be passed on. */
export interface ReadRequest {
  readonly body: Buffer;
  readonly records: readonly Uint8Array[];
  readonly meta: string;
  readonly key: string | undefined;
  readonly response: ServerResponse;
}

/** A request waits so long for credit before it is told to come again. */
const CREDIT_WAIT_MS = 1000;

/**
 * Reads requests while there is credit. A request's socket is not read before there is some, and what is being read in all of
 * them together is bounded.
 */
export class Intake {
  readonly #options: HttpSourceOptions;
  readonly #gate: Gate;
  readonly #budget: BodyBudget;
  readonly #log: StageLog;
  readonly #ready: ReadRequest[] = [];
  #hasCredit = false;
  #isClosed = false;
  /** Requests that wait for credit. */
  readonly #waiting = new Set<(hasCredit: boolean) => void>();
  #wake: () => void = () => {};

  constructor(options: HttpSourceOptions, log: StageLog) {
    this.#options = options;
    this.#log = log;
    this.#gate = new Gate(options);
    this.#budget = new BodyBudget(options.maxPendingBytes);
  }

  /** Handles a request up to where it is ready to be passed on; answers it where it never will be. */
  readonly handle = (request: IncomingMessage, response: ServerResponse, begin: () => void): void => {
    // A connection that breaks while it is answered is nobody's loss: its records stay.
    response.on('error', () => {});
    this.#read(request, response, begin).catch((error) => {
      if (!(error instanceof Refusal)) this.#log.warn({ error: String(error) }, 'a request failed');
      replyRefused(response, error instanceof Refusal ? error : new Refusal(500, 'failed', 'it failed'));
    });
  };

  /** There is room for what comes. */
  openFor(): void {
    this.#hasCredit = true;
    for (const go of this.#waiting) go(true);
  }

  /** There is none until `openFor` is called again. */
  hold(): void {
    this.#hasCredit = false;
  }

  /** Nothing is taken any more. */
  close(): void {
    this.#isClosed = true;
    for (const go of this.#waiting) go(false);
    this.#wake();
  }

  /** Resolves when there are requests to be passed on, or there will be none. */
  async arrival(): Promise<void> {
    while (this.#ready.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The first of those that are ready. Once its records are copied, `done` says so. */
  peek(): ReadRequest | undefined {
    return this.#ready[0];
  }

  /** Over all that are ready. */
  sum(of: (request: ReadRequest) => number): number {
    return this.#ready.reduce((sum, request) => sum + of(request), 0);
  }

  done(): void {
    const { body } = this.#ready.shift()!;
    this.#budget.give(body.length);
  }

  async #read(request: IncomingMessage, response: ServerResponse, begin: () => void): Promise<void> {
    this.#gate.check(request);
    await this.#credit(response);
    begin();
    const { maxBodyBytes, maxRecords, framing, headers } = this.#options;
    const body = await readBody(request, maxBodyBytes, this.#budget);
    try {
      if (this.#isClosed) throw Refusal.notDurable('the pipeline is ending');
      const records = recordsOf(body, framing, request, maxRecords);
      this.#ready.push({ body, records, meta: metaOf(request, headers), key: keyOf(request), response });
      this.#wake();
    } catch (error) {
      this.#budget.give(body.length);
      throw error;
    }
  }

  async #credit(response: ServerResponse): Promise<void> {
    if (this.#isClosed) throw Refusal.notDurable('the pipeline is ending');
    if (this.#hasCredit) return;
    const hasCredit = await new Promise<boolean>((resolve) => {
      const settle = (has: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(has);
      };
      const timer = setTimeout(settle, CREDIT_WAIT_MS, false);
      this.#waiting.add(settle);
      response.once('close', () => settle(false));
    });
    if (!hasCredit) throw this.#isClosed ? Refusal.notDurable('the pipeline is ending') : Refusal.busy();
  }
}
