import type { Clock } from '../base/clock.js';
import { MillraceError } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { formatDurationMs } from '../base/units.js';
import type { Block, RefusedRow, Sink, StageLog } from '../component/index.js';
import type { OnError, RetryConfig } from '../plan/index.js';
import { type BreakerState, CircuitBreaker } from './circuit-breaker.js';
import { isRetryable, retry } from './retry.js';
import { type GivenUpRow, WriteTask } from './write-task.js';

export interface ReliableWriterOptions {
  readonly sink: Pick<Sink, 'write'>;
  readonly stage: string;
  readonly onError: OnError;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: StageLog;
}

/** A block that was given up, for the last of its errors. */
export interface Rejected {
  readonly rejected: MillraceError;
  readonly attempts: number;
}

/** Some records of a block were given up, and all others are written. */
export interface PartlyWritten {
  readonly refused: readonly GivenUpRow[];
}

export type Outcome = 'written' | Rejected | PartlyWritten;

/** A sink that is down holds up its branch until it is back, so that nothing is lost: without limits, there is no end to it. */
const WITHOUT_LIMITS: RetryConfig = { attempts: Infinity, backoffMs: 200, maxBackoffMs: 30_000 };
const FAILURES_TO_OPEN = 5;
const FIRST_PAUSE_MS = 1000;

/**
 * Writes to a sink that may fail for a while. Errors that are worth it are followed by further attempts, within the limits
 * of `on_error.retry`; a sink that goes on failing is left alone for pauses that grow, never beyond `max_backoff`.
 */
export class ReliableWriter {
  readonly #options: ReliableWriterOptions;
  readonly #limits: RetryConfig;
  readonly #breaker: CircuitBreaker;
  #retries = 0;
  #lastError: MillraceError | undefined;

  constructor(options: ReliableWriterOptions) {
    const { onError, clock, random } = options;
    this.#options = options;
    this.#limits = onError.retry ?? WITHOUT_LIMITS;
    this.#breaker = new CircuitBreaker({
      failures: FAILURES_TO_OPEN,
      pauseMs: FIRST_PAUSE_MS,
      maxPauseMs: this.#limits.maxBackoffMs,
      clock,
      random,
      onChange: (state) => this.#logChange(state),
    });
  }

  /** Whether the sink gets blocks (`closed`), is left alone (`open`), or is tried with one (`half_open`). */
  get state(): BreakerState {
    return this.#breaker.state;
  }

  /** How many attempts there were beyond the first of each block. */
  get retries(): number {
    return this.#retries;
  }

  /**
   * Resolves when the block has been handed over, or given up where `on_error.retry` says so; records that the sink refuses for
   * good are given up at once, and those that it may take later come again without the others. Blocks come one at a time.
   * @throws the sink's error where trying again cannot help or where `then` is `stop`; the signal's reason once it aborts
   */
  async write(block: Block, signal: AbortSignal): Promise<Outcome> {
    const { clock, random } = this.#options;
    const task = new WriteTask(block);
    try {
      // The pauses that other blocks have caused do not count against the limits of this one.
      await this.#waitForBreaker(signal);
      await retry(
        async (attempt) => {
          task.attempts = attempt;
          await this.#attempt(task, signal);
        },
        {
          limits: this.#limits,
          clock,
          random,
          pauseMs: () => this.#breaker.pauseMs,
          onRetry: (error, attempt, waitMs) => this.#logRetry(error, attempt, waitMs),
        },
        signal,
      );
    } catch (error) {
      if (signal.aborted || !(isRetryable(error) || isAboutBlock(error))) throw error;
      if (this.#stops) throw givenUp(error, task.attempts);
      if (task.isWhole) return { rejected: error, attempts: task.attempts };
      task.giveUpRest(error);
    }
    if (task.givenUp.length === 0) return 'written';
    return { refused: task.givenUp };
  }

  get #stops(): boolean {
    return this.#options.onError.action === 'stop';
  }

  async #attempt(task: WriteTask, signal: AbortSignal): Promise<void> {
    await this.#waitForBreaker(signal);
    // Blocks come one at a time, so that it lets this one in.
    this.#breaker.tryEnter();
    task.forgetReasons();
    const refused = await this.#writeRest(task.rest, signal);
    const again = task.refuse(refused);
    const final = refused.find(({ retryable }) => !retryable || task.isBatch);
    if (final && this.#stops) throw givenUp(refusal(final, false), task.attempts);
    if (again) throw refusal(again, true);
  }

  /** Tells the breaker what came of it: a sink that takes some records is well. */
  async #writeRest(block: Block, signal: AbortSignal): Promise<readonly RefusedRow[]> {
    try {
      const refused = (await this.#options.sink.write(block, signal)) ?? [];
      if (
        refused.length > 0 &&
        refused.length === block.records &&
        refused.every(({ retryable }) => retryable)
      ) {
        this.#failed(refusal(refused[0]!, true));
      } else {
        this.#breaker.succeeded();
      }
      return refused;
    } catch (error) {
      if (signal.aborted || !isRetryable(error)) this.#breaker.cancelled();
      else this.#failed(error);
      throw error;
    }
  }

  #failed(error: MillraceError): void {
    this.#lastError = error;
    this.#breaker.failed();
  }

  async #waitForBreaker(signal: AbortSignal): Promise<void> {
    // Timers may fire a little early.
    while (this.#breaker.pauseMs > 0) await this.#options.clock.sleep(this.#breaker.pauseMs, signal);
  }

  /** While the breaker is open, its own lines say all. */
  #logRetry(error: MillraceError, attempt: number, waitMs: number): void {
    this.#retries++;
    if (this.#breaker.state !== 'closed') return;
    const { stage, log } = this.#options;
    const wait = formatDurationMs(waitMs);
    const message = `"${stage}" could not write (attempt ${attempt}), trying again in ${wait}: ${error.message}`;
    log.warn({ stage, code: error.code, attempt, wait_ms: Math.round(waitMs) }, message);
  }

  #logChange(breaker: BreakerState): void {
    const { stage, log } = this.#options;
    const { pauseMs, failuresInRow } = this.#breaker;
    if (breaker === 'closed') log.info({ stage, breaker }, `"${stage}" writes again`);
    else if (breaker === 'half_open') log.info({ stage, breaker }, `trying "${stage}" with one block`);
    else if (this.#lastError && pauseMs > 0) {
      const { code, message } = this.#lastError;
      const pause = formatDurationMs(pauseMs);
      log.warn(
        { stage, breaker, code, failures: failuresInRow, pause_ms: Math.round(pauseMs) },
        `"${stage}" failed ${failuresInRow} times in a row and is left alone for ${pause}: ${message}`,
      );
    }
  }
}

/** The sink is well, and this block will never do. */
function isAboutBlock(error: unknown): error is MillraceError {
  return error instanceof MillraceError && error.blame === 'data';
}

function refusal({ code, message }: RefusedRow, retryable: boolean): MillraceError {
  return new MillraceError(code, message, { blame: retryable ? 'external' : 'data', retryable });
}

function givenUp(error: MillraceError, attempts: number): MillraceError {
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  const { code, blame, message } = error;
  return new MillraceError(code, `${message} (tried ${times})`, { blame, cause: error });
}
