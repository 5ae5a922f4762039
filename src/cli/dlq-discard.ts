import { nodeStorage } from '../base/storage.js';
import type { StageLog } from '../component/index.js';
import {
  type LetterChoice,
  type NamedDamage,
  type PipelineLetters,
  RangeCollector,
  type Ranges,
  resolveLetters,
} from '../runtime/index.js';
import {
  type FilterOptions,
  filterOf,
  isFiltered,
  letterCount,
  type OpenLetters,
  warnOfDamage,
  withLetters,
} from './dlq.js';
import { Exit, type Io } from './io.js';
import type { WithState } from './state-folder.js';

export interface DiscardOptions extends FilterOptions {
  readonly all?: boolean;
  readonly yes?: boolean;
}

/** `millrace dlq discard`. */
export async function discardLetters(
  file: string,
  names: readonly string[],
  options: DiscardOptions,
  io: Io,
): Promise<number> {
  const choosing = isFiltered(filterOf(options, names));
  if (choosing === (options.all ?? false)) {
    const problem = choosing ? '--all leaves nothing to choose' : 'nothing says which dead letters';
    io.err.write(
      `error: ${problem}: give numbers, or --stage, --code, --source, --since or --until, or --all alone\n`,
    );
    return Exit.FAILED;
  }
  return await withLetters(file, options, io, async (open) => {
    const { all = false } = options;
    const chosen = await chooseLetters(open.letters, filterOf(options, names), all, warnOfDamage(io));
    if (chosen.count === 0 && !chosen.isDamaged) {
      io.out.write(choosing ? 'no dead letters like that\n' : 'no dead letters\n');
      return Exit.DONE;
    }
    return (await isWanted(chosen.count, options, io)) ? await discard(open, chosen, io) : Exit.FAILED;
  });
}

export interface ChosenLetters {
  /** Of letters that can be read. */
  readonly count: number;
  /** By segment. */
  readonly ranges: ReadonlyMap<string, Ranges>;
  /** There are letters that cannot be read, and all are meant. */
  readonly isDamaged: boolean;
}

const EVERYTHING: Ranges = [[0, Number.MAX_SAFE_INTEGER]];

/** @param all whether what cannot be read is meant too */
export async function chooseLetters(
  letters: PipelineLetters,
  choice: LetterChoice,
  all: boolean,
  warn: (damage: NamedDamage) => void = () => {},
): Promise<ChosenLetters> {
  const chosen = new Map<string, RangeCollector>();
  let count = 0;
  let isDamaged = false;
  const onDamage = (damage: NamedDamage) => {
    warn(damage);
    isDamaged = all;
  };
  for await (const { segment, id } of letters.select(choice, onDamage)) {
    const collector = chosen.get(segment) ?? new RangeCollector();
    chosen.set(segment, collector);
    collector.add(id);
    count++;
  }
  // What is damaged has no stage or code, so that only "all" means it.
  const ranges = all
    ? letters.segments.map((segment) => [segment, EVERYTHING] as const)
    : [...chosen].map(([segment, collector]) => [segment, collector.ranges] as const);
  return { count, ranges: new Map(ranges), isDamaged };
}

/** Letters are the only copy of what they hold, so nothing is discarded by a slip. */
async function isWanted(count: number, { yes }: DiscardOptions, io: Io): Promise<boolean> {
  if (yes) return true;
  if (io.confirm) {
    const isSure = await io.confirm(`Discard ${letterCount(count)} for ever?`);
    if (!isSure) io.err.write('nothing was discarded\n');
    return isSure;
  }
  io.err.write(`error: this would discard ${letterCount(count)} for ever; with --yes it does\n`);
  return false;
}

/** Throws MillraceError `state_locked` while the pipeline runs. */
export async function discardChosen(
  { pipeline, folder }: Pick<WithState, 'pipeline' | 'folder'>,
  { ranges }: ChosenLetters,
  log: StageLog,
): Promise<void> {
  await resolveLetters({ storage: nodeStorage, folder, pipeline, log }, ranges);
}

async function discard(open: OpenLetters, chosen: ChosenLetters, io: Io): Promise<number> {
  const warn = (_: object, message: string) => io.err.write(`warning: ${message}\n`);
  await discardChosen(open, chosen, { info: () => {}, warn });
  io.out.write(`discarded ${letterCount(chosen.count)}\n`);
  return Exit.DONE;
}
