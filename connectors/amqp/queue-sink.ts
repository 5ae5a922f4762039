import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Block, MillraceError, type Prepared, type Sink } from '#component';
import { ArrowPayloadWriter, BATCH_TYPE } from '../arrow.js';
import { RECORD_TYPE, recordMessagesOf } from '../json.js';
import { NACKED, type OutgoingMessage, Publisher, type PublisherOptions } from './publisher.js';

/** A queue that is full refuses what comes; so often it is asked again. */
const FULL_PAUSE_MS = 100;
const PREPARED: Prepared = { state: null, durable: async () => {} };

export interface AmqpQueueSinkOptions {
  readonly publisher: PublisherOptions;
  readonly queue: string;
  /** What the ids of its messages begin with. */
  readonly ids: string;
  readonly onEnded: () => void;
}

/** The end of a queue into which a segment puts batches. One counts when the broker has confirmed it. */
export class AmqpQueueSink implements Sink {
  readonly #options: AmqpQueueSinkOptions;
  readonly #publisher: Publisher;
  readonly #payloads = new ArrowPayloadWriter();
  /** Of this run: its messages are numbered. */
  readonly #run = randomUUID();
  #next = 0;

  constructor(options: AmqpQueueSinkOptions) {
    this.#options = options;
    this.#publisher = new Publisher(options.publisher);
  }

  async open(): Promise<null> {
    return null;
  }

  /** The same block has the same ids when it comes again, so that the other end drops the repeat. */
  async write(block: Block, signal: AbortSignal): Promise<void> {
    const messages = this.#messagesOf(block);
    const refusals = (left: readonly OutgoingMessage[]) => this.#publisher.publish(left, signal);
    let left = messages;
    let refused = await refusals(left);
    while (refused.size > 0 && [...refused.values()].every(({ code }) => code === NACKED)) {
      await sleep(FULL_PAUSE_MS, undefined, { signal });
      left = left.filter((_, row) => refused.has(row));
      refused = await refusals(left);
    }
    for (const { code, message } of refused.values()) {
      if (code === NACKED) continue;
      // A queue that is gone is declared with the next connection.
      await this.#publisher.close();
      throw new MillraceError(code, message, { blame: 'external', retryable: true });
    }
    this.#next += messages.length;
  }

  async prepare(): Promise<Prepared> {
    return PREPARED;
  }

  async close(): Promise<void> {
    await this.#publisher.close();
    this.#options.onEnded();
  }

  #messagesOf({ bytes, records, queued }: Block): readonly OutgoingMessage[] {
    const { meta } = queued!;
    if (meta.messages) {
      return Array.from(recordMessagesOf(meta, bytes), ({ value, headers }, row) =>
        this.#message(row, value, RECORD_TYPE, headers),
      );
    }
    return [this.#message(0, this.#payloads.encode(meta, bytes), BATCH_TYPE, { records })];
  }

  #message(row: number, payload: Uint8Array, contentType: string, headers: object): OutgoingMessage {
    const messageId = `${this.#options.ids}/${this.#run}/${this.#next + row}`;
    return {
      routingKey: this.#options.queue,
      content: Buffer.from(payload.buffer, payload.byteOffset, payload.length),
      options: { mandatory: true, persistent: true, contentType, messageId, headers },
    };
  }
}
