import type { Server, ServerResponse } from 'node:http';
import {
  type Chunk,
  type Config,
  MessageWriter,
  type Outlet,
  type Partition,
  type Positions,
  type Source,
  type StageContext,
} from '#component';
import { type AnsweredRequest, AnsweredRequests, keptOfBody, keptOfKey, nextIn } from './answered.js';
import { Intake, type ReadRequest } from './intake.js';
import { type HttpSourceOptions, sourceOptions } from './options.js';
import { Refusal } from './refusal.js';
import { replyRefused, replyTaken } from './reply.js';
import { closeServer, isLoopback, listen, urlOf } from './server.js';

/** What is lent before it is known what comes: enough for most, and little enough to wait for nothing. */
const FIRST_BYTES = 64 * 1024;

export function createHttpSource(config: Config, context: StageContext): Source {
  return new HttpSource(sourceOptions(config), context);
}

/** Answers wait for the checkpoint that holds their records; those of one key for the same one. */
interface Waiting {
  readonly request: AnsweredRequest;
  readonly responses: ServerResponse[];
}

/**
 * Takes records from requests. A request is answered once a durable checkpoint holds its records. Its Idempotency-Key is in the
 * same checkpoint, so that a request that comes again is answered again, and its records are there once.
 */
class HttpSource implements Source {
  readonly readsOnce = true;
  readonly #options: HttpSourceOptions;
  readonly #context: StageContext;
  readonly #intake: Intake;
  #server: Server | undefined;
  #answered: AnsweredRequests | undefined;
  /** By the numbers of their first records, in the order of these. */
  readonly #waiting = new Map<number, Waiting>();
  #durableNext = 0;

  constructor(options: HttpSourceOptions, context: StageContext) {
    this.#options = options;
    this.#context = context;
    this.#intake = new Intake(options, context.log);
  }

  async *read(outlet: Outlet, signal: AbortSignal, from: Positions): AsyncGenerator<Chunk> {
    const epoch = Date.now().toString(36);
    const answered = new AnsweredRequests(this.#options.idempotencyKeys, epoch, from);
    this.#answered = answered;
    this.#durableNext = answered.next;
    const close = (): void => this.#intake.close();
    signal.addEventListener('abort', close);
    try {
      await this.#listen();
      yield* this.#chunks(outlet, signal, answered);
    } finally {
      signal.removeEventListener('abort', close);
      this.#intake.close();
    }
  }

  async commit(positions: Positions): Promise<void> {
    this.#durableNext = nextIn(positions);
    this.#answer();
  }

  async close(): Promise<void> {
    this.#intake.close();
    const reason = Refusal.notDurable('the pipeline ended before the records were durable');
    for (const { responses } of this.#waiting.values())
      for (const response of responses) replyRefused(response, reason);
    this.#waiting.clear();
    for (let request = this.#intake.peek(); request; request = this.#intake.peek()) {
      replyRefused(request.response, reason);
      this.#intake.done();
    }
    if (this.#server) await closeServer(this.#server);
  }

  async #listen(): Promise<void> {
    const { log, stage } = this.#context;
    this.#server = await listen(this.#options, this.#intake.handle);
    const url = urlOf(this.#server, this.#options);
    log.info({ stage, url }, `"${stage}" takes records at ${url}`);
    const { token, tls } = this.#options;
    if (isLoopback(this.#server) || token || tls?.clientCa) return;
    log.warn(
      { stage },
      `"${stage}" takes records from everybody who reaches ${url}: set token, or tls.client_ca`,
    );
  }

  async *#chunks(outlet: Outlet, signal: AbortSignal, answered: AnsweredRequests): AsyncGenerator<Chunk> {
    for (let isOpen = true; isOpen; isOpen = !signal.aborted || this.#intake.peek() !== undefined) {
      const lent = await this.#writer(outlet);
      await this.#intake.arrival();
      const writer = await this.#fill(lent, outlet, answered);
      if (writer.count === 0) {
        outlet.giveBack(writer.buffer);
      } else {
        this.#intake.hold();
        yield { ...writer.chunk(this.#partition(answered), Date.now()), resume: answered.resume() };
        this.#passedOn(answered);
      }
    }
  }

  /** With it in hand, requests are read. */
  async #writer(outlet: Outlet): Promise<MessageWriter> {
    const writer = new MessageWriter(await outlet.lend(Math.min(outlet.batchBytes, FIRST_BYTES)));
    this.#intake.openFor();
    return writer;
  }

  /** Copies the requests that are ready, as many as fit into a batch. The records of one are never in two chunks. */
  async #fill(given: MessageWriter, outlet: Outlet, answered: AnsweredRequests): Promise<MessageWriter> {
    let writer = given;
    const wanted = Math.min(outlet.batchBytes, this.#intake.sum(roomFor));
    if (wanted > writer.room) {
      outlet.giveBack(writer.buffer);
      writer = new MessageWriter(await outlet.lend(wanted));
    }
    for (let request = this.#intake.peek(); request; request = this.#intake.peek()) {
      const room = roomFor(request);
      if (room > writer.room && this.#isNew(request, answered)) {
        if (writer.count > 0) return writer;
        outlet.giveBack(writer.buffer);
        writer = new MessageWriter(await outlet.lend(room));
      }
      this.#take(request, writer, answered);
      this.#intake.done();
    }
    return writer;
  }

  #isNew({ key }: ReadRequest, answered: AnsweredRequests): boolean {
    return key === undefined || !answered.find(keptOfKey(key));
  }

  #take(request: ReadRequest, writer: MessageWriter, answered: AnsweredRequests): void {
    const { body, records, meta, response } = request;
    if (records.length === 0) {
      this.#reply(response, { first: answered.next, records: 0, body: '' });
      return;
    }
    const key =
      request.key === undefined ? undefined : { key: keptOfKey(request.key), body: keptOfBody(body) };
    const before = key && answered.find(key.key);
    if (before && before.body !== key.body) {
      const message = 'the Idempotency-Key was used with another body';
      replyRefused(response, new Refusal(422, 'key_used', message));
      return;
    }
    const taken = before ?? answered.add(records.length, key);
    if (!before) {
      for (const [i, record] of records.entries()) writer.add(record, taken.first + i, meta);
    }
    this.#wait(taken, response);
  }

  /** Until its records are durable, or for so long. */
  #wait(request: AnsweredRequest, response: ServerResponse): void {
    if (request.first + request.records <= this.#durableNext) {
      this.#reply(response, request);
      return;
    }
    const waiting = this.#waiting.get(request.first);
    if (waiting) waiting.responses.push(response);
    else this.#waiting.set(request.first, { request, responses: [response] });
    const { answerTimeoutMs } = this.#options;
    const message =
      'the records were taken and are not durable yet: send them again with the same Idempotency-Key';
    const timer = setTimeout(() => replyRefused(response, Refusal.notDurable(message)), answerTimeoutMs);
    response.once('close', () => clearTimeout(timer));
  }

  /** Where nothing is ever committed, what was passed on is all that can be said. */
  #passedOn(answered: AnsweredRequests): void {
    if (this.#context.requestCheckpoint) {
      this.#context.requestCheckpoint();
    } else {
      this.#durableNext = answered.next;
      this.#answer();
    }
  }

  #answer(): void {
    for (const [first, { request, responses }] of this.#waiting) {
      if (first + request.records > this.#durableNext) return;
      this.#waiting.delete(first);
      for (const response of responses) this.#reply(response, request);
    }
  }

  #reply(response: ServerResponse, request: AnsweredRequest): void {
    const { source, name } = this.#partition(this.#answered!);
    replyTaken(response, request, (number) => `${source}:${name}:${number}`);
  }

  #partition({ epoch }: AnsweredRequests): Partition {
    return { source: this.#context.stage, name: `http/${epoch}` };
  }
}

function roomFor({ records, meta }: ReadRequest): number {
  const bytes = records.reduce((sum, record) => sum + record.length + 1, 0);
  return bytes + records.length * Buffer.byteLength(meta);
}
