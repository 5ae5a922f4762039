import { MillraceError, messageOf } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { StageLog } from '../component/index.js';
import { type Beginning, DRAINING, type Reporter } from './reporter.js';
import type { Snapshot } from './sampler.js';
import type { Summary } from './summary.js';

const PROGRESS_MS = 10_000;

/** One JSON line an event. */
export class LogReporter implements Reporter {
  readonly stageLog: StageLog;
  readonly progressEveryMs: number | undefined;
  readonly #log: Logger;

  constructor(log: Logger, showsProgress: boolean) {
    this.#log = log;
    this.stageLog = {
      info: (fields, message) => log.info(fields, message),
      warn: (fields, message) => log.warn(fields, message),
    };
    this.progressEveryMs = showsProgress ? PROGRESS_MS : undefined;
  }

  started({ pipeline: _, ...beginning }: Beginning): void {
    this.#log.info(beginning, 'started');
  }

  progress(snapshot: Snapshot): void {
    this.#log.info(rounded(snapshot), 'progress');
  }

  draining(): void {
    this.#log.warn(DRAINING);
  }

  finished({ pipeline: _, ...summary }: Summary): void {
    if (summary.sums?.addUp === false) this.#log.error(summary, 'finished, but the sums do not add up');
    else this.#log.info(summary, summary.outcome === 'failed' ? 'failed' : 'finished');
  }

  failed(error: unknown): void {
    const known = error instanceof MillraceError ? { code: error.code, blame: error.blame } : { err: error };
    this.#log.error(known, `error: ${messageOf(error)}`);
  }

  close(): void {}
}

function rounded(snapshot: Snapshot): object {
  const round = (value: number | undefined) => (value === undefined ? undefined : Math.round(value));
  return {
    ...snapshot,
    elapsedMs: round(snapshot.elapsedMs),
    bytesPerSecond: round(snapshot.bytesPerSecond),
    recordsPerSecond: round(snapshot.recordsPerSecond),
    remainingMs: round(snapshot.remainingMs),
    share: snapshot.share === undefined ? undefined : Math.round(snapshot.share * 1000) / 1000,
  };
}
