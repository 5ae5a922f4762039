import { createLog, type LogLevel } from '../base/log.js';
import type { SocketAddress } from '../base/socket-address.js';
import type { Pipeline } from '../plan/index.js';
import { Exit, type Io } from './io.js';
import { printProblems } from './load.js';
import { LogReporter } from './log-reporter.js';
import { type PlanRunOptions, planRun } from './plan-run.js';
import type { Reporter } from './reporter.js';
import { RunSession } from './run-session.js';
import { TerminalReporter } from './terminal-reporter.js';

export interface RunVerbOptions extends PlanRunOptions {
  readonly fresh?: boolean;
  readonly quiet?: boolean;
  /** False with `--no-progress`. */
  readonly progress: boolean;
  readonly logLevel: LogLevel;
  readonly listen?: SocketAddress;
  /** Listens at the usual address, where `listen` names none. */
  readonly ui?: boolean;
  /** A receiver of OTLP over HTTP, to which metrics are sent. */
  readonly otlp?: URL;
  /** Reloads the file when it changes. */
  readonly watch?: boolean;
}

/** `millrace run`. */
export async function runVerb(file: string, options: RunVerbOptions, io: Io): Promise<number> {
  const { planned, problems } = await planRun(file, options, io);
  if (problems) {
    printProblems(problems, file, io);
    return Exit.CONFIGURATION;
  }
  const reporter = await createReporter(planned.pipeline, options, io);
  try {
    return await new RunSession({ file, options, reporter, io }).run(planned);
  } finally {
    reporter.close();
  }
}

async function createReporter(pipeline: Pipeline, options: RunVerbOptions, io: Io): Promise<Reporter> {
  const quiet = options.quiet ?? false;
  const level = quiet && ['trace', 'debug', 'info'].includes(options.logLevel) ? 'warn' : options.logLevel;
  if (!io.err.isTerminal) {
    return new LogReporter(await createLog(level, { pipeline: pipeline.name }), options.progress && !quiet);
  }
  // Records that go to the same terminal would be drawn over.
  const free = !(
    io.out.isTerminal && pipeline.stages.some(({ kind, type }) => kind === 'sink' && type === 'stdout')
  );
  return new TerminalReporter(io, {
    level,
    showsProgress: options.progress && !quiet && free,
    showsSummary: !quiet,
  });
}
