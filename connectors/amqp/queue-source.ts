import {
  MillraceError,
  type Outlet,
  type Positions,
  type QueuedBatch,
  type Source,
  type StageLog,
} from '#component';
import { BATCH_TYPE, readArrowPayload } from '../arrow.js';
import {
  type QueuedPayload,
  RECORD_TYPE,
  RecordBatchReader,
  type RecordHeaders,
  type RecordMessage,
} from '../json.js';
import { Consumer, type ConsumerOptions, type Delivery } from './consumer.js';
import { Repeats } from './repeats.js';

/** How often it looks whether the queue is empty, once nothing more will be put in. */
const LOOK_MS = 50;
const POSITION_KEY = 'queue';

export interface AmqpQueueSourceOptions {
  readonly consumer: ConsumerOptions;
  /** All who put something in from this process have ended. */
  readonly hasEnded: () => boolean;
  readonly requestCheckpoint: () => void;
  readonly log: StageLog;
}

/** What a checkpoint holds: how many deliveries of which run, and which messages may come again. */
type Position = {
  readonly epoch: string;
  readonly deliveries: number;
  readonly ids: readonly string[];
};

/** The end of a queue from which batches come. What was passed on before and is delivered again is dropped. */
export class AmqpQueueSource implements Source<QueuedBatch> {
  readonly readsOnce = true;
  readonly #options: AmqpQueueSourceOptions;
  readonly #consumer: Consumer;
  readonly #epoch = Date.now().toString(36);
  #repeats = new Repeats([]);

  constructor(options: AmqpQueueSourceOptions) {
    this.#options = options;
    this.#consumer = new Consumer(options.consumer);
  }

  async *read(outlet: Outlet, signal: AbortSignal, from: Positions): AsyncGenerator<QueuedBatch> {
    const before = from.get(POSITION_KEY) as Position | undefined;
    this.#repeats = new Repeats(before?.ids ?? []);
    while (!signal.aborted) {
      const delivery = await this.#next(signal);
      if (!delivery) return;
      if (!this.#isNew(delivery)) continue;
      const { number, payload } = this.#batchFrom(delivery);
      const { meta, bytes } = payload;
      const buffer = await outlet.lend(bytes.length);
      new Uint8Array(buffer).set(bytes);
      const position = { epoch: this.#epoch, deliveries: number + 1, ids: [...this.#repeats.ids] };
      yield { batch: { buffer, meta }, records: meta.rows, resume: { key: POSITION_KEY, position } };
      if (this.#consumer.isHalfUsed) this.#options.requestCheckpoint();
    }
  }

  /** The batch that begins with a delivery, and the number of the last that is in it. */
  #batchFrom({ message, number }: Delivery): { readonly number: number; readonly payload: QueuedPayload } {
    const first = recordIn(message);
    if (!first) {
      const payload = readArrowPayload(message.content);
      if (!payload) throw this.#foreign('its content is no batch');
      return { number, payload };
    }
    const rows = new RecordBatchReader();
    rows.add(first);
    let last = number;
    for (let next = this.#consumer.peek(); next; next = this.#consumer.peek()) {
      const record = recordIn(next.message);
      if (!record || !rows.accepts(record)) break;
      this.#consumer.shift();
      last = next.number;
      if (this.#isNew(next)) rows.add(record);
    }
    return { number: last, payload: rows.finish() };
  }

  async commit(positions: Positions): Promise<void> {
    const position = positions.get(POSITION_KEY) as Position | undefined;
    if (position?.epoch !== this.#epoch) return;
    this.#consumer.acknowledge(position.deliveries - 1);
    for (const number of this.#repeats.settle(position.deliveries)) this.#consumer.acknowledgeOne(number);
  }

  close(): Promise<void> {
    return this.#consumer.close();
  }

  async #next(signal: AbortSignal): Promise<Delivery | undefined> {
    const { hasEnded } = this.#options;
    while (!signal.aborted) {
      await this.#consumer.arrival(LOOK_MS, signal);
      const delivery = this.#consumer.peek();
      if (delivery) {
        this.#consumer.shift();
        return delivery;
      }
      if (hasEnded() && (await this.#consumer.waiting()) === 0 && !this.#consumer.peek()) return undefined;
    }
    return undefined;
  }

  #isNew({ message, number }: Delivery): boolean {
    const { contentType, messageId } = message.properties as {
      readonly contentType: unknown;
      readonly messageId: unknown;
    };
    if ((contentType !== BATCH_TYPE && !recordIn(message)) || typeof messageId !== 'string')
      throw this.#foreign(`content type ${JSON.stringify(contentType)}`);
    const seen = this.#repeats.seen(messageId, number);
    if (seen === 'settled') this.#consumer.acknowledgeOne(number);
    return seen === 'new';
  }

  #foreign(why: string): MillraceError {
    const { queue } = this.#options.consumer;
    const message = `the queue "${queue}" holds a message that no pipeline has put in (${why}): give the queue another name`;
    return new MillraceError('amqp_foreign_message', message, { blame: 'config' });
  }
}

/** The record that a message is; undefined where it is a batch, or was put in by others. */
function recordIn({ content, properties }: Delivery['message']): RecordMessage | undefined {
  if (properties.contentType !== RECORD_TYPE) return undefined;
  const headers = (properties.headers ?? {}) as RecordHeaders;
  const isOurs = headers['millrace-batch'] !== undefined && headers['millrace-position'] !== undefined;
  return isOurs ? { value: content, headers } : undefined;
}
