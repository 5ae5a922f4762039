import {
  type Chunk,
  type Config,
  linesOf,
  MessageWriter,
  type Outlet,
  type Partition,
  type Positions,
  type Source,
  type StageContext,
} from '#component';
import { connectionName } from './connection.js';
import { Consumer, type Delivery } from './consumer.js';
import { MetaOfMessage } from './meta.js';
import { connectionOptions } from './options.js';
import { Rejected } from './rejected.js';
import { topologyOf } from './topology-fields.js';

/** So many bytes of messages may lie in the client, before there is credit for them. */
const PENDING_BYTES = 8 * 2 ** 20;
/** How often an idle source that ends with its queue looks whether it is empty. */
const LOOK_MS = 100;
const IDLE_MS = 60_000;

export function createAmqpSource(config: Config, context: StageContext): Source {
  return new AmqpSource(config, context);
}

/** What a checkpoint holds: how many deliveries of which run it covers. */
type Position = { readonly epoch: string; readonly deliveries: number };

/**
 * Reads a queue. A message is acknowledged once a durable checkpoint holds it, and with it all before it; after a crash the
 * broker gives again what was not. Where nothing is ever committed, it is acknowledged when it has been passed on.
 */
class AmqpSource implements Source {
  readonly readsOnce = true;
  readonly #config: Config;
  readonly #context: StageContext;
  readonly #consumer: Consumer;
  /** Of this run: deliveries are counted from its beginning. */
  readonly #epoch = Date.now().toString(36);
  readonly #partition: Partition;
  readonly #rejected = new Rejected();
  /** How many records were passed on. */
  #records = 0;

  constructor(config: Config, context: StageContext) {
    const { pipeline, stage, log } = context;
    const queue = config.queue as string;
    this.#config = config;
    this.#context = context;
    this.#partition = { source: stage, name: `${queue}/${this.#epoch}` };
    this.#consumer = new Consumer({
      connection: connectionOptions(config),
      name: connectionName(pipeline, stage, 'consume'),
      queue,
      topology: topologyOf(config),
      maxPrefetch: config.prefetch as number,
      maxPendingBytes: PENDING_BYTES,
      log,
    });
  }

  async *read(outlet: Outlet, signal: AbortSignal, _from: Positions): AsyncGenerator<Chunk> {
    while (!signal.aborted) {
      // With it in hand, the broker is asked for messages.
      let writer = new MessageWriter(await outlet.lend(outlet.batchBytes));
      const first = await this.#first(signal);
      if (!first) {
        outlet.giveBack(writer.buffer);
        return;
      }
      writer = await this.#withRoom(writer, first, outlet);
      const last = await this.#fill(writer, signal, outlet.lingerMs);
      if (writer.count === 0) outlet.giveBack(writer.buffer);
      if (last >= 0) yield this.#chunk(writer, last);
      this.#passedOn(last);
    }
  }

  async commit(positions: Positions): Promise<void> {
    const position = positions.get(this.#config.queue as string) as Position | undefined;
    if (position?.epoch !== this.#epoch) return;
    const { deliveries } = position;
    this.#consumer.acknowledge(deliveries - 1, this.#rejected.take(deliveries));
  }

  reject(partition: string, offset: number): boolean {
    return partition === this.#partition.name && this.#rejected.reject(offset);
  }

  close(): Promise<void> {
    return this.#consumer.close();
  }

  /** Waits for a message; there is none where the source shall end. */
  async #first(signal: AbortSignal): Promise<Delivery | undefined> {
    const ends = this.#config.follow === false;
    while (!signal.aborted) {
      await this.#consumer.arrival(ends ? LOOK_MS : IDLE_MS, signal);
      const delivery = this.#consumer.peek();
      if (delivery) return delivery;
      if (ends && (await this.#consumer.waiting()) === 0 && !this.#consumer.peek()) return undefined;
    }
    return undefined;
  }

  /** A message finds room, however large it is. */
  async #withRoom(writer: MessageWriter, { message }: Delivery, outlet: Outlet): Promise<MessageWriter> {
    const needed = this.#recordsOf(message).reduce((sum, { bytes, meta }) => sum + roomFor(bytes, meta), 0);
    if (needed <= writer.room) return writer;
    outlet.giveBack(writer.buffer);
    return new MessageWriter(await outlet.lend(needed));
  }

  /** Copies messages until the next finds no room or none has come for a while. @returns the number of the last one */
  async #fill(writer: MessageWriter, signal: AbortSignal, lingerMs: number): Promise<number> {
    const deadlineMs = performance.now() + lingerMs;
    let last = -1;
    for (;;) {
      for (let next = this.#consumer.peek(); next; next = this.#consumer.peek()) {
        if (!this.#add(writer, next)) return last;
        last = next.number;
        this.#consumer.shift();
      }
      const leftMs = deadlineMs - performance.now();
      const { isConnected, isHalfUsed } = this.#consumer;
      if (leftMs <= 0 || signal.aborted || isHalfUsed || !isConnected) return last;
      await this.#consumer.arrival(leftMs, signal);
    }
  }

  /** All records of a message, or none where there is no room. */
  #add(writer: MessageWriter, { message, number }: Delivery): boolean {
    const records = this.#recordsOf(message);
    const [first] = records;
    if (records.length === 1 && first) {
      if (!writer.add(first.bytes, this.#records, first.meta)) return false;
    } else {
      if (records.reduce((sum, { bytes, meta }) => sum + roomFor(bytes, meta), 0) > writer.room) return false;
      for (const [i, { bytes, meta }] of records.entries()) writer.add(bytes, this.#records + i, meta);
    }
    if (this.#context.requestCheckpoint) this.#rejected.passed(number, this.#records);
    this.#records += records.length;
    return true;
  }

  #recordsOf(message: Delivery['message']): readonly { readonly bytes: Uint8Array; readonly meta: string }[] {
    const meta = new MetaOfMessage(message);
    if (this.#config.framing !== 'lines') return [{ bytes: message.content, meta: meta.text() }];
    return [...linesOf(message.content)].map((bytes, i) => ({ bytes, meta: meta.text(i) }));
  }

  #chunk(writer: MessageWriter, last: number): Chunk {
    const position: Position = { epoch: this.#epoch, deliveries: last + 1 };
    const resume = { key: this.#config.queue as string, position };
    const readAtMs = Date.now();
    if (writer.count > 0) return { ...writer.chunk(this.#partition, readAtMs), resume };
    // Messages without a line hold no record, and are to be acknowledged.
    const bytes = new Uint8Array(new ArrayBuffer(0));
    return { partition: this.#partition, bytes, offset: this.#records, readAtMs, resume };
  }

  #passedOn(last: number): void {
    if (!this.#context.requestCheckpoint) this.#consumer.acknowledge(last);
    else if (this.#consumer.isHalfUsed) this.#context.requestCheckpoint();
  }
}

/** What a record takes of a chunk's buffer. */
function roomFor(bytes: Uint8Array, meta: string): number {
  return bytes.length + 1 + Buffer.byteLength(meta);
}
