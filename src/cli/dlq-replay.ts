import { MillraceError, messageOf } from '../base/errors.js';
import { MessageWriter, type StageLog } from '../component/index.js';
import { parseExpression } from '../expression/index.js';
import type { SegmentPlan } from '../plan/index.js';
import {
  type LetterChoice,
  type ReplayedLetters,
  type ReplayLettersOptions,
  replayLetters,
} from '../runtime/index.js';
import { RecordEvaluator } from '../workers/index.js';
import { type FilterOptions, filterOf, letterCount, withLetters } from './dlq.js';
import { Exit, type Io } from './io.js';
import { lanesFor } from './lanes.js';
import { stopOnSignal } from './signals.js';

export interface ReplayOptions extends FilterOptions {
  readonly map?: string;
}

/** `millrace dlq replay`. */
export function replayVerb(
  file: string,
  names: readonly string[],
  options: ReplayOptions,
  io: Io,
): Promise<number> {
  const mapped = mapperOf(options.map);
  return withLetters(file, options, io, async ({ pipeline, plan, folder }) => {
    const stopping = new AbortController();
    const removeHandlers = stopOnSignal(io, stopping);
    const warn = (_: object, message: string) => io.err.write(`warning: ${message}\n`);
    const log = { info: () => {}, warn };
    try {
      const choice = filterOf(options, names);
      const outcome = await replayChosen({ pipeline, plan, folder }, choice, mapped, log, stopping.signal);
      return report(outcome, io);
    } finally {
      removeHandlers();
    }
  });
}

/** Replays in this thread. Throws MillraceError `state_locked` while the pipeline runs. */
export function replayChosen(
  place: Pick<ReplayLettersOptions, 'pipeline' | 'plan' | 'folder'>,
  choice: LetterChoice,
  mapped: (record: Uint8Array) => Uint8Array,
  log: StageLog,
  signal: AbortSignal,
): Promise<ReplayedLetters> {
  const createLanes = ({ chains }: Pick<SegmentPlan, 'chains'>) => lanesFor(place.pipeline, chains, 0, log);
  return replayLetters({ ...place, choice, mapped, createLanes, log, signal });
}

function report({ replayed, failedAgain, left }: ReplayedLetters, io: Io): number {
  for (const { reason, letters } of left) {
    io.err.write(
      `warning: ${letterCount(letters)} left as ${letters === 1 ? 'it is' : 'they are'}: ${reason}\n`,
    );
  }
  if (replayed === 0) {
    io.out.write(left.length > 0 ? 'nothing was replayed\n' : 'no dead letters like that\n');
    return left.length > 0 ? Exit.FAILED : Exit.DONE;
  }
  const again = failedAgain > 0 ? `, of which ${failedAgain} failed again` : '';
  io.out.write(`replayed ${letterCount(replayed)}${again}\n`);
  return failedAgain > 0 || left.length > 0 ? Exit.FAILED : Exit.DONE;
}

/** What `--map` makes of a record. Throws MillraceError for a wrong expression, and later for a record that it fails for. */
function mapperOf(text: string | undefined): (record: Uint8Array) => Uint8Array {
  if (text === undefined) return (record) => record;
  const evaluator = new RecordEvaluator(expressionOf(text), { type: 'lines', field: 'message' });
  return (record) => {
    const writer = new MessageWriter(new ArrayBuffer(record.length + 1));
    writer.add(record, 0);
    const chunk = writer.chunk({ source: 'letter', name: 'letter' }, Date.now());
    const [result] = evaluator.evaluate(chunk);
    if (!result || 'failure' in result) throw wrongMap(result?.failure ?? 'it gives nothing');
    const value: unknown = JSON.parse(result.json);
    return Buffer.from(typeof value === 'string' ? value : result.json);
  };
}

function expressionOf(text: string) {
  try {
    return parseExpression(text);
  } catch (error) {
    throw wrongMap(messageOf(error));
  }
}

function wrongMap(reason: string): MillraceError {
  return new MillraceError('wrong_map', `--map: ${reason}`, { blame: 'config' });
}
