import type { StageLog } from '../component/index.js';
import type { Snapshot } from './sampler.js';
import type { Summary } from './summary.js';

/** What is told when a run begins. */
export interface Beginning {
  readonly pipeline: string;
  readonly file: string;
  readonly stages: number;
  readonly workers: number;
}

/** Tells of a run: to a person at a terminal, or to a log. */
export interface Reporter {
  /** What stages have to say. */
  readonly stageLog: StageLog;
  /** How often `progress` wants to be called; undefined: never. */
  readonly progressEveryMs: number | undefined;
  started(beginning: Beginning): void;
  progress(snapshot: Snapshot): void;
  /** The first signal has come. */
  draining(): void;
  finished(summary: Summary): void;
  failed(error: unknown): void;
  /** Leaves the terminal as a prompt wants to find it. */
  close(): void;
}

export const DRAINING =
  'stopping: finishing what was read; press Ctrl-C again (or send a second signal) to stop at once';
