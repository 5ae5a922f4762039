import type { ChannelModel, ConfirmChannel, Message, Options } from 'amqplib';
import { MillraceError, messageOf, type RefusedRow, type StageLog } from '#component';
import { openConnection } from './connection.js';
import type { ConnectionOptions } from './options.js';
import { declareTopology, type Topology } from './topology.js';

export interface OutgoingMessage {
  readonly routingKey: string;
  readonly content: Buffer;
  readonly options: Options.Publish;
}

export interface PublisherOptions {
  readonly connection: ConnectionOptions;
  /** How the broker shows it to its administrators. */
  readonly name: string;
  /** Empty: the default exchange, whose routing keys are the names of queues. */
  readonly exchange: string;
  /** Declared each time that a connection is opened. */
  readonly topology: Topology;
  /** The most messages that the broker has not confirmed. */
  readonly window: number;
  readonly log: StageLog;
}

/** Why a message was not taken. */
export type Refusal = Omit<RefusedRow, 'row'>;

/** The broker could not take a message; a queue that is full and refuses more does so. */
export const NACKED = 'amqp_nacked';
/** What the client says of such a message, and of no other. */
const SAID_OF_NACKED = 'message nacked';

/** A message on its way. */
interface Unconfirmed {
  readonly message: OutgoingMessage;
  readonly row: number;
  returned: Refusal | undefined;
}

/**
 * Publishes with confirms: a message counts once the broker has it. The connection is opened when it is needed, and anew after it
 * broke; nothing is published while the broker says that it is short of memory or disk.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  #model: ChannelModel | undefined;
  #channel: ConfirmChannel | undefined;
  #failure: MillraceError | undefined;
  #isBlocked = false;
  #hasConnected = false;
  /** In the order in which they were published. */
  readonly #unconfirmed = new Set<Unconfirmed>();
  #wake: () => void = () => {};

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /**
   * Publishes messages and waits until the broker has answered each.
   * @returns those that it did not take, by their index; where the connection broke, all whose answer is not known may come again
   * @throws MillraceError where none was taken and trying again may help, or never will
   */
  async publish(
    messages: Iterable<OutgoingMessage | Refusal>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Refusal>> {
    if (!this.#channel) await this.#open();
    const refused = new Map<number, Refusal>();
    const given = messages[Symbol.iterator]();
    let row = 0;
    for (let next = given.next(); !next.done; next = given.next(), row++) {
      if (this.#unconfirmed.size >= this.#options.window || this.#isBlocked)
        await this.#until(() => this.#unconfirmed.size < this.#options.window && !this.#isBlocked, signal);
      if ('code' in next.value) refused.set(row, next.value);
      else if (this.#failure) refused.set(row, unknown(this.#failure));
      else if (!this.#send(next.value, row, refused)) await this.#drained(signal);
    }
    await this.#until(() => this.#unconfirmed.size === 0, signal);
    this.#throwWhereNothingWent(refused, row);
    return refused;
  }

  async close(): Promise<void> {
    const [model, channel] = [this.#model, this.#channel];
    this.#model = undefined;
    await channel?.close().catch(() => {});
    await model?.close().catch(() => {});
  }

  async #open(): Promise<void> {
    const { connection, name, topology, exchange } = this.#options;
    const model = await openConnection(connection, name);
    this.#model = model;
    this.#failure = undefined;
    this.#isBlocked = false;
    try {
      await declareTopology(model, topology);
      const channel = await model.createConfirmChannel();
      this.#listen(model, channel);
      if (exchange !== '') await channel.checkExchange(exchange);
      this.#channel = channel;
      this.#hasConnected = true;
    } catch (error) {
      this.#model = undefined;
      void model.close().catch(() => {});
      throw this.#exchangeUnusable(error);
    }
  }

  #listen(model: ChannelModel, channel: ConfirmChannel): void {
    const { log, name } = this.#options;
    const lost = (error?: unknown): void => this.#lost(model, error);
    let failure: unknown;
    channel.on('error', (error) => {
      failure = error;
    });
    channel.on('close', () => lost(failure));
    model.on('error', (error) => {
      failure = error;
    });
    model.on('close', () => lost(failure));
    channel.on('return', (message) => this.#returned(message));
    channel.on('drain', () => this.#wake());
    model.on('blocked', (reason) => {
      this.#isBlocked = true;
      log.warn({ connection: name, reason }, `the broker takes no messages for now: ${reason}`);
    });
    model.on('unblocked', () => {
      this.#isBlocked = false;
      log.info({ connection: name }, 'the broker takes messages again');
      this.#wake();
    });
  }

  #lost(model: ChannelModel, error: unknown): void {
    if (model !== this.#model) return;
    const why = error === undefined ? 'the connection was closed' : messageOf(error);
    this.#failure = new MillraceError('amqp_disconnected', why, { blame: 'external', retryable: true });
    this.#model = undefined;
    this.#channel = undefined;
    // The channel alone may have been closed.
    void model.close().catch(() => {});
    this.#wake();
  }

  /** False where the socket has enough for now. */
  #send(message: OutgoingMessage, row: number, refused: Map<number, Refusal>): boolean {
    const unconfirmed: Unconfirmed = { message, row, returned: undefined };
    const { routingKey, content, options } = message;
    const answered = (error: unknown): void => {
      this.#unconfirmed.delete(unconfirmed);
      const refusal = error ? this.#notTaken(error) : unconfirmed.returned;
      if (refusal) refused.set(row, refusal);
      this.#wake();
    };
    try {
      const hasRoom = this.#channel!.publish(this.#options.exchange, routingKey, content, options, answered);
      this.#unconfirmed.add(unconfirmed);
      return hasRoom;
    } catch (error) {
      if (this.#failure) refused.set(row, unknown(this.#failure));
      else refused.set(row, { code: 'message_invalid', message: messageOf(error) });
      return true;
    }
  }

  #notTaken(error: unknown): Refusal {
    if (messageOf(error) !== SAID_OF_NACKED) return unknown(this.#failure);
    return { code: NACKED, message: 'the broker could not take the message', retryable: true };
  }

  /** A message that no queue takes comes back before it is confirmed. Which it was is told by all that it holds. */
  #returned({ fields, properties, content }: Message): void {
    for (const one of this.#unconfirmed) {
      const { routingKey, options, content: sent } = one.message;
      const isOther =
        one.returned !== undefined ||
        routingKey !== fields.routingKey ||
        options.messageId !== properties.messageId ||
        !sent.equals(content);
      if (isOther) continue;
      const message = `no queue is bound for the routing key ${JSON.stringify(routingKey)} at the exchange "${fields.exchange}"`;
      one.returned = { code: 'unroutable', message };
      return;
    }
  }

  #throwWhereNothingWent(refused: ReadonlyMap<number, Refusal>, rows: number): void {
    if (!this.#failure || refused.size < rows || rows === 0) return;
    if ([...refused.values()].every(({ retryable }) => retryable)) throw this.#failure;
  }

  async #drained(signal: AbortSignal): Promise<void> {
    const { size } = this.#unconfirmed;
    await this.#until(() => this.#unconfirmed.size < size || size === 0, signal);
  }

  /** Resolves when it is so, or the connection broke. */
  async #until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#wake();
    signal.addEventListener('abort', abort);
    try {
      while (!isSo() && !(this.#failure && this.#unconfirmed.size === 0)) {
        signal.throwIfAborted();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Where it was usable before, it is waited for. */
  #exchangeUnusable(error: unknown): unknown {
    if (error instanceof MillraceError) return error;
    const { exchange } = this.#options;
    const message = messageOf(error);
    const isUnusable = /\b40[34]\b/.test(message);
    const retryable = this.#hasConnected || !isUnusable;
    const advice = isUnusable
      ? '; an exchange that is not there can be declared under topology.exchanges'
      : '';
    return new MillraceError(
      'amqp_exchange_unusable',
      `cannot publish to the exchange "${exchange}": ${message}${advice}`,
      { blame: retryable ? 'external' : 'config', retryable, cause: error },
    );
  }
}

/** It is not known whether the broker has it. */
function unknown(failure: MillraceError | undefined): Refusal {
  const message = `the connection broke before the broker had confirmed the message (${failure?.message ?? 'closed'})`;
  return { code: 'amqp_disconnected', message, retryable: true };
}
