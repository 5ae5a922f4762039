import { type Clock, systemClock } from '../base/clock.js';
import { MillraceError } from '../base/errors.js';
import type { Fault } from '../plan/index.js';

type Of<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

const CRASH = 'crashed_by_test';

/** What goes wrong in one test, over all of its runs: a write that has failed in one does not fail again in the next. */
export class Faults {
  readonly #faults: readonly Fault[];
  /** That are still to come, in their order. */
  readonly #crashes: Of<'crash'>[];
  readonly #sinks = new Map<string, SinkFaults>();
  #batches = 0;

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
    this.#crashes = faults.filter((fault) => fault.kind === 'crash');
  }

  /** Batches then hold one record each, so that it can be said which of them a fault meets. */
  get hasAny(): boolean {
    return this.#faults.length > 0;
  }

  /** Whether the test begins, or began, with a crash before it. */
  get crashes(): boolean {
    return this.#faults.some(({ kind }) => kind === 'crash');
  }

  /** The crash that comes next. */
  get nextCrash(): Of<'crash'> | undefined {
    return this.#crashes[0];
  }

  /** A source has read a batch. */
  countBatch(): void {
    this.#batches++;
  }

  /** Called between the last write and the checkpoint: what was written since the one before has to come again. */
  crashIfDue(): void {
    const crash = this.nextCrash;
    if (crash && this.#batches >= crash.afterBatches)
      throw new MillraceError(CRASH, 'the test says so', { blame: 'internal' });
  }

  /** Whether a run ended with the crash that was to come next; then the one after that does. */
  hasCrashed(error: unknown): boolean {
    if (!(error instanceof MillraceError && error.code === CRASH)) return false;
    this.#crashes.shift();
    this.#batches = 0;
    for (const sink of this.#sinks.values()) sink.restart();
    return true;
  }

  /** Those of a sink; undefined where it has none. */
  ofSink(id: string): SinkFaults | undefined {
    const known = this.#sinks.get(id);
    if (known) return known;
    const own = this.#faults.filter(
      (fault): fault is Of<'fail' | 'slow'> => fault.kind !== 'crash' && fault.stage === id,
    );
    if (own.length === 0) return undefined;
    const made = new SinkFaults(own);
    this.#sinks.set(id, made);
    return made;
  }

  /** Faults of which nothing came: the test says nothing about them. */
  missed(): readonly Fault[] {
    const failing = this.#faults.filter((fault) => fault.kind === 'fail');
    return [
      ...this.#crashes,
      ...failing.filter((fault) => this.ofSink(fault.stage)!.leftOf(fault) === fault.times),
    ];
  }
}

/** Of one sink, and of the one beside it that shows what the sink has got. */
export class SinkFaults {
  readonly #delayMs: number;
  readonly #left: Map<Of<'fail'>, number>;
  /** The same writes come to the one beside it, and fail there in the same way. */
  #beside: SinkFaults | undefined;

  constructor(readonly faults: readonly Of<'fail' | 'slow'>[]) {
    this.#delayMs = faults.reduce((sum, fault) => sum + (fault.kind === 'slow' ? fault.delayMs : 0), 0);
    this.#left = new Map(
      faults.filter((fault) => fault.kind === 'fail').map((fault) => [fault, fault.times]),
    );
  }

  get beside(): SinkFaults {
    this.#beside ??= new SinkFaults(this.faults.filter(({ kind }) => kind === 'fail'));
    return this.#beside;
  }

  /** After a crash both sinks get the same batches again. */
  restart(): void {
    for (const [fault, left] of this.#left) this.beside.#left.set(fault, left);
  }

  leftOf(fault: Of<'fail'>): number {
    return this.#left.get(fault)!;
  }

  /** Called before each write. */
  async write(signal: AbortSignal): Promise<void> {
    if (this.#delayMs > 0) await systemClock.sleep(this.#delayMs, signal);
    for (const [fault, left] of this.#left) {
      if (left === 0) continue;
      this.#left.set(fault, left - 1);
      const { code, retryable } = fault;
      throw new MillraceError(code, 'the test lets this write fail', {
        blame: retryable ? 'external' : 'data',
        retryable,
      });
    }
  }
}

/** The time of a sink's retries: it passes as everywhere, and pauses are over at once. */
export function impatientClock(): Clock {
  let skippedMs = 0;
  return {
    nowMs: () => systemClock.nowMs() + skippedMs,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      skippedMs += ms;
    },
  };
}
