import { MillraceError } from '../base/errors.js';
import type { StageLog } from '../component/index.js';
import { formatProblem, type Problem } from '../config/index.js';
import { parseExpression } from '../expression/index.js';
import { type PlanProblem, pipelineBehind, type Stage } from '../plan/index.js';
import {
  ForgottenState,
  type Metrics,
  type PipelineQueue,
  type QueuePoint,
  rangesBetween,
  runStored,
  type StoredRunOutcome,
} from '../runtime/index.js';
import { TRANSFORMS } from '../transforms/index.js';
import type { DeadLetter } from '../workers/index.js';
import { Exit, type Io } from './io.js';
import { lanesFor } from './lanes.js';
import { partitionsOf, warningsOf } from './queue.js';
import { plural } from './render.js';
import { stopOnSignal } from './signals.js';
import type { StateOptions, WithState } from './state-folder.js';

/** Which of a queue's records are read. */
export interface ReadOptions extends StateOptions {
  /** Threads; in the main thread without any. */
  readonly workers: number;
  readonly from: QueuePoint;
  readonly to: QueuePoint;
  readonly partition?: readonly string[];
  readonly where?: string;
}

const FILTER = TRANSFORMS.find(({ name }) => name === 'filter')!;
/** Of the stage that chooses; it has a space, which no stage's has. */
const WHERE = 'where option';
/** A stage of our own; it takes the place of the one behind the queue. */
const OWN = { inputs: [], onError: { action: 'dead_letter' }, position: { line: 1, column: 1 } } as const;

/** Sends what a queue has stored to a sink, of all records those that were chosen. `enough` ends it before its end. */
export async function readInto(
  sink: Stage,
  queue: PipelineQueue,
  options: ReadOptions,
  { pipeline, folder }: WithState,
  io: Io,
  enough: AbortController,
): Promise<StoredRunOutcome> {
  const log = warningsOf(io);
  const partitions = partitionsOf(queue, options.partition);
  const behind = behindOf(sink, options.where);
  const removeHandlers = stopOnSignal(io, enough);
  try {
    return checkedRun(
      await runStored({
        pipeline: pipelineBehind(pipeline, queue.stage, queue.definition, behind),
        first: behind[0].id,
        ranges: await rangesBetween(partitions, options.from, options.to, queue.groups[0]),
        createLanes: ({ chains }) => lanesFor(pipeline, chains, options.workers, log),
        ...{ folder, log, state: new ForgottenState() },
        onLetter: firstLetters(log),
        signal: enough.signal,
      }),
    );
  } finally {
    removeHandlers();
  }
}

const LETTERS_SHOWN = 5;

/** Warns of the first records that fail; `reportRead` says how many there were. */
export function firstLetters(log: StageLog): (letter: DeadLetter) => void {
  let count = 0;
  return ({ stage, code, message }) => {
    if (count++ < LETTERS_SHOWN) log.warn({ code }, `a record failed at "${stage}": ${message} (${code})`);
  };
}

/** Throws MillraceError `wrong_output` where the stages could not run. */
export function checkedRun(outcome: StoredRunOutcome | readonly PlanProblem[]): StoredRunOutcome {
  if ('given' in outcome) return outcome;
  throw wrong('wrong_output', outcome.map(({ message }) => message).join('; '));
}

function behindOf(sink: Stage, where: string | undefined): readonly [Stage, ...Stage[]] {
  if (where === undefined) return [sink];
  try {
    parseExpression(where);
  } catch (error) {
    throw wrong('wrong_where', `--where: ${(error as Error).message}`);
  }
  const filter = { ...OWN, id: WHERE, kind: 'transform' as const, type: FILTER.name, definition: FILTER };
  return [
    { ...filter, config: { where } },
    { ...sink, inputs: [WHERE] },
  ];
}

/** Says what was not as it should be; the exit code. */
export function reportRead({ metrics, missing }: StoredRunOutcome, io: Io): number {
  const warn = (message: string) => io.err.write(`warning: ${message}\n`);
  if (missing > 0) warn(`${plural(missing, 'record')} could not be read: damaged, or removed before`);
  const failed = failedWhere(metrics);
  if (metrics.deadLetters > 0) warn(`${plural(metrics.deadLetters, 'record')} failed`);
  if (failed > 0) warn(`--where could not be evaluated for ${failed} records, which are left out`);
  return missing > 0 || metrics.deadLetters > 0 ? Exit.FAILED : Exit.DONE;
}

function failedWhere({ stages }: Metrics): number {
  return stages.get(WHERE)?.errors.get('where_failed') ?? 0;
}

/** The sink, under an id that no stage has, or an error that says what is wrong with it. */
export function checkedSink(read: Stage | readonly Problem[]): Stage {
  if ('id' in read) return { ...read, id: `${read.id} option` };
  throw wrong('wrong_output', read.map(formatProblem).join('; '));
}

function wrong(code: string, message: string): MillraceError {
  return new MillraceError(code, message, { blame: 'config' });
}
