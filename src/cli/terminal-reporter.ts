import { messageOf } from '../base/errors.js';
import { isLogged, type LogLevel } from '../base/log.js';
import type { StageLog } from '../component/index.js';
import type { Io } from './io.js';
import { progressLines } from './progress-view.js';
import { type Paint, painter } from './render.js';
import { type Beginning, DRAINING, type Reporter } from './reporter.js';
import type { Snapshot } from './sampler.js';
import { type Summary, summaryLines } from './summary.js';

export interface TerminalOptions {
  readonly level: LogLevel;
  readonly showsProgress: boolean;
  readonly showsSummary: boolean;
}

const REDRAW_MS = 125;

/** Draws progress at the lower end of the terminal; everything else is printed above it. */
export class TerminalReporter implements Reporter {
  readonly stageLog: StageLog;
  readonly progressEveryMs: number | undefined;
  readonly #io: Io;
  readonly #options: TerminalOptions;
  readonly #paint: Paint;
  #name = '';
  #file = '';
  #drawn: readonly string[] = [];

  constructor(io: Io, options: TerminalOptions) {
    this.#io = io;
    this.#options = options;
    this.#paint = painter(io.err, io.env);
    this.progressEveryMs = options.showsProgress ? REDRAW_MS : undefined;
    this.stageLog = {
      info: (fields, message) => this.#say('info', fields, message),
      warn: (fields, message) => this.#say('warn', fields, message),
    };
  }

  started({ pipeline, file }: Beginning): void {
    this.#name = pipeline;
    this.#file = file;
  }

  progress(snapshot: Snapshot): void {
    this.#redraw(progressLines(this.#name, snapshot, this.#io.err.columns - 1, this.#paint));
  }

  draining(): void {
    this.#print(this.#paint('yellow', DRAINING));
  }

  finished(summary: Summary): void {
    this.close();
    if (this.#options.showsSummary)
      this.#io.err.write(`${summaryLines(summary, this.#file, this.#paint).join('\n')}\n`);
    else if (summary.sums?.addUp === false) this.#io.err.write(`error: ${summary.sums.sentence}\n`);
  }

  failed(error: unknown): void {
    this.close();
    this.#io.err.write(`${this.#paint('red', 'error:')} ${messageOf(error)}\n`);
  }

  close(): void {
    this.#redraw([]);
  }

  #say(level: 'info' | 'warn', fields: object, message: string): void {
    if (!isLogged(level, this.#options.level)) return;
    const details = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
    const prefix = level === 'warn' ? this.#paint('yellow', 'warning:') : this.#paint('dim', 'note:');
    this.#print(`${prefix} ${message}${this.#paint('dim', details.join(''))}`);
  }

  /** Prints a line above the progress. */
  #print(line: string): void {
    const drawn = this.#drawn;
    this.#redraw([]);
    this.#io.err.write(`${line}\n`);
    this.#redraw(drawn);
  }

  /** Goes up to where the last drawing began, clears it and draws anew, in one write so that nothing flickers. */
  #redraw(lines: readonly string[]): void {
    if (lines.length === 0 && this.#drawn.length === 0) return;
    const up = this.#drawn.length > 0 ? `\x1b[${this.#drawn.length}A\r\x1b[J` : '';
    this.#io.err.write(up + lines.map((line) => `${line}\n`).join(''));
    this.#drawn = lines;
  }
}
