import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Block, MillraceError, type Prepared, type Sink } from '#component';
import { ArrowPayloadWriter, BATCH_TYPE } from '../arrow.js';
import { NACKED, Publisher, type PublisherOptions, type Refusal } from './publisher.js';

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

  /** The same block has the same id when it comes again, so that the other end drops the repeat. */
  async write({ bytes, records, queued }: Block, signal: AbortSignal): Promise<void> {
    const payload = this.#payloads.encode(queued!.meta, bytes);
    const message = {
      routingKey: this.#options.queue,
      content: Buffer.from(payload.buffer, payload.byteOffset, payload.length),
      options: {
        mandatory: true,
        persistent: true,
        contentType: BATCH_TYPE,
        messageId: `${this.#options.ids}/${this.#run}/${this.#next}`,
        headers: { records },
      },
    };
    const publish = async (): Promise<Refusal | undefined> =>
      (await this.#publisher.publish([message], signal)).get(0);
    let refusal = await publish();
    while (refusal?.code === NACKED) {
      await sleep(FULL_PAUSE_MS, undefined, { signal });
      refusal = await publish();
    }
    if (refusal) {
      // A queue that is gone is declared with the next connection.
      await this.#publisher.close();
      throw new MillraceError(refusal.code, refusal.message, { blame: 'external', retryable: true });
    }
    this.#next++;
  }

  async prepare(): Promise<Prepared> {
    return PREPARED;
  }

  async close(): Promise<void> {
    await this.#publisher.close();
    this.#options.onEnded();
  }
}
