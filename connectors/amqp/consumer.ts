import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage, Message } from 'amqplib';
import { backoffMs, MillraceError, messageOf, Random, type StageLog } from '#component';
import { openConnection } from './connection.js';
import type { ConnectionOptions } from './options.js';
import { Prefetch } from './prefetch.js';
import { declareTopology, openChannel, type Topology } from './topology.js';

export interface ConsumerOptions {
  readonly connection: ConnectionOptions;
  /** How the broker shows it to its administrators. */
  readonly name: string;
  readonly queue: string;
  /** Declared before the queue is read, each time that a connection is opened. */
  readonly topology: Topology;
  /** The most messages that may be on their way or wait for a checkpoint. */
  readonly maxPrefetch: number;
  /** About how many bytes of them may lie here. */
  readonly maxPendingBytes: number;
  readonly log: StageLog;
}

/** A message and its number: they count on from the first that this consumer got, over all its connections. */
export interface Delivery {
  readonly number: number;
  readonly message: ConsumeMessage;
}

const NONE: ReadonlySet<number> = new Set();
const BACKOFF = { backoffMs: 200, maxBackoffMs: 10_000 };

/**
 * Reads a queue over connections that may break: it comes back after random pauses that grow, and the broker then gives again
 * what was not acknowledged.
 */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #prefetch: Prefetch;
  readonly #random = new Random(randomInt(2 ** 32));
  #model: ChannelModel | undefined;
  #channel: Channel | undefined;
  #tag: string | undefined;
  #pending: Delivery[] = [];
  #pendingFrom = 0;
  #next = 0;
  /** The number of the first message of this channel: its delivery tag is 1. */
  #base = 0;
  /** Up to this number everything was acknowledged. */
  #acknowledged = 0;
  /** The number of the first message of the consumer that the channel has now. */
  #consumerFrom = 0;
  #hasConnected = false;
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#prefetch = new Prefetch(options.maxPrefetch, options.maxPendingBytes);
  }

  get isConnected(): boolean {
    return this.#channel !== undefined;
  }

  /** How many messages were taken or wait, and are not acknowledged. */
  get unacknowledged(): number {
    return this.#next - Math.max(this.#base, this.#acknowledged);
  }

  /** Half of what may be on its way is not acknowledged: it is time to do so. */
  get isHalfUsed(): boolean {
    return this.unacknowledged * 2 >= this.#prefetch.current;
  }

  /** The first message that waits. */
  peek(): Delivery | undefined {
    return this.#pending[this.#pendingFrom];
  }

  /** The first message that waits has been taken. */
  shift(): void {
    this.#prefetch.took(this.#pending[this.#pendingFrom++]!.message.content.length);
    if (this.#pendingFrom < this.#pending.length) return;
    this.#pending = [];
    this.#pendingFrom = 0;
  }

  /**
   * Resolves when a message waits, or after `waitMs`, or soon after the signal aborts; connects where there is no connection.
   * @throws MillraceError where connecting will never go well
   */
  async arrival(waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.peek() || signal.aborted) return;
    if (!this.#channel) await this.#connect(signal);
    else if (this.#prefetch.wantsChange && this.#hasAllItMayHave) await this.#consumeAnew();
    if (this.peek() || signal.aborted || !this.#channel) return;
    const timer = setTimeout(() => this.#wake(), waitMs);
    const abort = (): void => this.#wake();
    signal.addEventListener('abort', abort, { once: true });
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }

  /**
   * Acknowledges all messages up to and with this number; those of connections that broke come again.
   * @param rejected of these messages: they go where the broker sends what is dead
   */
  acknowledge(number: number, rejected: ReadonlySet<number> = NONE): void {
    if (number < this.#acknowledged) return;
    const from = Math.max(this.#base, this.#acknowledged);
    this.#acknowledged = number + 1;
    for (const one of rejected) if (one >= from) this.#channel?.nack(this.#messageOf(one), false, false);
    // The broker knows those no more.
    let last = number;
    while (rejected.has(last)) last--;
    if (last >= from) this.#channel?.ack(this.#messageOf(last), true);
  }

  /** One beyond those, which was dropped. */
  acknowledgeOne(number: number): void {
    if (number >= Math.max(this.#base, this.#acknowledged))
      this.#channel?.ack(this.#messageOf(number), false);
  }

  /** How many messages wait in the queue, beyond those that are on their way. */
  async waiting(): Promise<number> {
    try {
      return (await this.#channel?.checkQueue(this.#options.queue))?.messageCount ?? 1;
    } catch {
      return 1;
    }
  }

  /** What was not acknowledged goes back into the queue. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const [model, channel] = [this.#model, this.#channel];
    this.#model = undefined;
    // The connection's own close would overtake what the channel has still to say.
    await channel?.close().catch(() => {});
    await model?.close().catch(() => {});
    this.#lose();
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { log, queue } = this.#options;
    for (let failures = 0; !signal.aborted && !this.#isClosed; ) {
      try {
        await this.#open();
        if (failures > 0) log.info({ queue }, `reads the queue "${queue}" again`);
        this.#hasConnected = true;
        return;
      } catch (error) {
        this.#lose();
        const isFinal = error instanceof MillraceError && !error.retryable;
        if (isFinal && !this.#hasConnected) throw error;
        const waitMs = backoffMs(++failures, BACKOFF, this.#random);
        const text = `cannot read the queue "${queue}", trying again: ${messageOf(error)}`;
        log.warn({ queue, attempt: failures, wait_ms: Math.round(waitMs) }, text);
        await sleep(waitMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #open(): Promise<void> {
    const { connection, name, queue, topology } = this.#options;
    const model = await openConnection(connection, name);
    this.#model = model;
    model.on('close', () => this.#lost(model));
    await declareTopology(model, topology);
    const channel = await openChannel(model);
    channel.on('close', () => this.#lost(model));
    await channel.checkQueue(queue).catch((error) => {
      throw this.#queueMissing(error);
    });
    this.#base = this.#next;
    this.#channel = channel;
    await this.#consume(channel);
  }

  async #consume(channel: Channel): Promise<void> {
    await channel.prefetch(this.#prefetch.renew());
    this.#consumerFrom = this.#next;
    const { consumerTag } = await channel.consume(this.#options.queue, (message) => {
      if (channel !== this.#channel) return;
      // The broker has ended the consumer: its queue was deleted, or moves to another node.
      if (!message) void this.#model?.close().catch(() => {});
      else this.#arrived(message);
    });
    this.#tag = consumerTag;
  }

  #arrived(message: ConsumeMessage): void {
    this.#prefetch.arrived(message.content.length);
    this.#pending.push({ number: this.#next++, message });
    this.#wake();
  }

  /**
   * The broker has sent all that it may before something is acknowledged. Then nothing is on its way that it would put back
   * when the consumer ends, behind messages that came after it.
   */
  get #hasAllItMayHave(): boolean {
    return this.#next - Math.max(this.#consumerFrom, this.#acknowledged) >= this.#prefetch.current;
  }

  /** With another prefetch, which only new consumers get. */
  async #consumeAnew(): Promise<void> {
    const channel = this.#channel!;
    try {
      await channel.cancel(this.#tag!);
      await this.#consume(channel);
    } catch {
      // The connection broke, which its close says.
    }
  }

  #lost(model: ChannelModel): void {
    if (model !== this.#model) return;
    this.#lose();
    // The channel alone may have been closed.
    void model.close().catch(() => {});
    if (this.#isClosed) return;
    const { log, queue } = this.#options;
    log.warn({ queue }, `the connection that reads the queue "${queue}" broke`);
  }

  /** What waits here comes again. */
  #lose(): void {
    const model = this.#model;
    this.#model = undefined;
    this.#channel = undefined;
    for (const { message } of this.#pending.slice(this.#pendingFrom))
      this.#prefetch.took(message.content.length);
    this.#pending = [];
    this.#pendingFrom = 0;
    this.#wake();
    void model?.close().catch(() => {});
  }

  #messageOf(number: number): Message {
    return { fields: { deliveryTag: number - this.#base + 1 } } as Message;
  }

  #queueMissing(error: unknown): unknown {
    const message = messageOf(error);
    if (!/\b40[345]\b/.test(message)) return error;
    const { queue } = this.#options;
    return new MillraceError(
      'amqp_queue_unusable',
      `cannot read the queue "${queue}": ${message}; a queue that is not there can be declared under topology.queues`,
      { blame: 'config', cause: error },
    );
  }
}
