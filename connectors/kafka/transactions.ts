import { randomUUID } from 'node:crypto';
import { type JsonValue, MillraceError, type SinkState, type StageLog } from '#component';
import type { ProducerIdentity } from './batch-builder.js';
import type { KafkaClient } from './client.js';
import type { Compression } from './compressions.js';
import { isCausedBy } from './errors.js';
import { persist } from './persist.js';
import { Producer } from './producer.js';
import { LOST, lostTransaction, TRANSACTION } from './transaction-requests.js';

export interface TransactionsOptions {
  readonly client: KafkaClient;
  readonly compression: Compression;
  /** What the transactional ids begin with. */
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly log: StageLog;
}

/** A transaction that is to be committed once a checkpoint holds it. */
interface PreparedTransaction extends ProducerIdentity {
  readonly transactionalId: string;
}

/** What a checkpoint holds. Plain JSON data. */
interface TransactionsState {
  /** What the transactional ids of this state folder begin with. */
  readonly ids: string;
  readonly prepared?: PreparedTransaction;
}

/**
 * While a checkpoint is being written its transaction is prepared, and the next one open. Until the next checkpoint is written, the last one
 * may come back after a crash, so that nothing else may be begun under its id.
 */
const IDS = 3;

/**
 * One transaction for each checkpoint, over transactional ids that take turns: at the barrier it is prepared, and once the checkpoint
 * is durable it is committed, after a crash by the next run. What came after the last checkpoint is given up.
 */
export class Transactions {
  readonly #options: TransactionsOptions;
  #ids = '';
  #producers: readonly Producer[] = [];
  #turn = 0;

  constructor(options: TransactionsOptions) {
    this.#options = options;
  }

  /** Of the transaction that is open, or is to be begun. */
  get producer(): Producer {
    return this.#producers[this.#turn]!;
  }

  async open(state: SinkState | undefined, signal: AbortSignal): Promise<SinkState> {
    const { client, compression, prefix, timeoutMs, log } = this.#options;
    const before = readState(state);
    await commitPrepared(client, state, log, signal);
    this.#ids = before?.ids ?? `${prefix}.${randomUUID().slice(0, 8)}`;
    this.#producers = Array.from({ length: IDS }, (_, i) => {
      const transaction = { id: this.#idOf(i), timeoutMs };
      return new Producer({ client, compression, transaction });
    });
    // The id that was committed is left alone until the checkpoint that speaks of it is replaced.
    const others = this.#producers.filter((_, i) => this.#idOf(i) !== before?.prepared?.transactionalId);
    if (before)
      for (const one of others)
        await persist('cannot give up an open transaction', signal, () => one.identify(), warning(log));
    return this.#state();
  }

  /** All that was sent has been answered. What is sent from now on is part of the next transaction. */
  prepare(): SinkState {
    const identity = this.producer.openTransaction;
    if (!identity) return this.#state();
    const transactionalId = this.#idOf(this.#turn);
    this.#turn = (this.#turn + 1) % IDS;
    return this.#state({ transactionalId, ...identity });
  }

  async commit(state: SinkState, signal: AbortSignal): Promise<void> {
    const { prepared } = readState(state)!;
    const producer = this.#producers.find((_, i) => this.#idOf(i) === prepared?.transactionalId);
    // A sink whose inputs have ended is told again.
    if (!prepared || !producer?.openTransaction) return;
    await commitOnce(this.#options.client, prepared, this.#options.log, signal);
    producer.transactionEnded();
  }

  /** Gives up what is in no checkpoint, so that readers need not wait for its time to be over. */
  async close(): Promise<void> {
    const identity = this.producer?.openTransaction;
    if (!identity) return;
    const open = { transactionalId: this.#idOf(this.#turn), ...identity };
    await end(this.#options.client, open, false).catch(() => {});
  }

  #idOf(turn: number): string {
    return `${this.#ids}.${turn}`;
  }

  #state(prepared?: PreparedTransaction): SinkState {
    const state: TransactionsState = { ids: this.#ids, ...(prepared && { prepared }) };
    return state as unknown as JsonValue;
  }
}

/**
 * Commits the transaction that the last checkpoint of a run before this one holds, where that run could not. May be called again.
 * @throws MillraceError `kafka_transaction_lost` where the brokers have given it up meanwhile
 */
export async function commitPrepared(
  client: KafkaClient,
  state: SinkState | undefined,
  log: StageLog,
  signal: AbortSignal,
): Promise<void> {
  const prepared = readState(state)?.prepared;
  if (!prepared) return;
  try {
    await commitOnce(client, prepared, log, signal);
  } catch (error) {
    if (!isCausedBy(error, 'INVALID_PRODUCER_ID_MAPPING')) throw error;
    // A week without a run: it was committed right after its checkpoint, unless the run was killed between the two.
    const message = 'the brokers have forgotten the last transaction, and with it whether it was committed';
    log.warn({ code: LOST, transactional_id: prepared.transactionalId }, message);
  }
}

async function commitOnce(
  client: KafkaClient,
  prepared: PreparedTransaction,
  log: StageLog,
  signal: AbortSignal,
): Promise<void> {
  try {
    await persist('cannot commit a transaction', signal, () => end(client, prepared, true), warning(log));
  } catch (error) {
    if (error instanceof MillraceError && error.code === LOST) throw notCommitted(error);
    throw error;
  }
}

async function end(client: KafkaClient, prepared: PreparedTransaction, commit: boolean): Promise<void> {
  const { transactionalId, id, epoch } = prepared;
  try {
    await client.coordinated(TRANSACTION, transactionalId, 'EndTxn', [
      transactionalId,
      BigInt(id),
      epoch,
      commit,
    ]);
  } catch (error) {
    throw lostTransaction(error) ?? error;
  }
}

function warning(log: StageLog): (error: Error) => void {
  return ({ message }) => log.warn({ code: 'kafka_failed' }, `${message}; trying again`);
}

function notCommitted(cause: MillraceError): MillraceError {
  const message =
    'the brokers have given up a transaction before it was committed (it took longer than transaction_timeout): what the last checkpoint counts as written is not there. With --fresh, sources of Kafka go on where their group has committed, which is before that; others begin anew';
  return new MillraceError(LOST, message, { blame: 'external', cause });
}

function readState(state: SinkState | undefined): TransactionsState | undefined {
  return (state ?? undefined) as unknown as TransactionsState | undefined;
}
