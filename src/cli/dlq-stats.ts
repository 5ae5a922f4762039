import { formatSize } from '../base/units.js';
import type { NamedLetter } from '../runtime/index.js';
import {
  type FilterOptions,
  filterOf,
  isFiltered,
  letterCount,
  printable,
  warnOfDamage,
  withLetters,
} from './dlq.js';
import { Exit, type Io } from './io.js';
import { formatCount, type Paint, painter, table } from './render.js';

export interface StatsOptions extends FilterOptions {
  readonly format: 'table' | 'json';
}

interface Tally {
  letters: number;
  bytes: number;
  oldest: string;
  newest: string;
}

interface StageTally extends Tally {
  readonly codes: Map<string, Tally>;
}

/** `millrace dlq stats`. */
export function letterStats(file: string, options: StatsOptions, io: Io): Promise<number> {
  return withLetters(file, options, io, async ({ letters }) => {
    const filter = filterOf(options);
    const all = emptyTally();
    const stages = new Map<string, StageTally>();
    for await (const stored of letters.select(filter, warnOfDamage(io))) count(stored, all, stages);
    const diskBytes = await letters.diskBytes();
    if (options.format === 'json') {
      io.out.write(`${JSON.stringify(asJson(all, stages, diskBytes))}\n`);
    } else if (all.letters === 0) {
      io.out.write(isFiltered(filter) ? 'no dead letters like that\n' : 'no dead letters\n');
    } else {
      io.out.write(`${lines(all, stages, diskBytes, painter(io.out, io.env)).join('\n')}\n`);
    }
    return Exit.DONE;
  });
}

function emptyTally(): Tally {
  return { letters: 0, bytes: 0, oldest: '', newest: '' };
}

function count({ letter, bytes }: NamedLetter, all: Tally, stages: Map<string, StageTally>): void {
  const stage = stages.get(letter.stage) ?? { ...emptyTally(), codes: new Map<string, Tally>() };
  stages.set(letter.stage, stage);
  const code = stage.codes.get(letter.code) ?? emptyTally();
  stage.codes.set(letter.code, code);
  for (const tally of [all, stage, code]) {
    tally.letters++;
    tally.bytes += bytes;
    if (tally.oldest === '' || letter.time < tally.oldest) tally.oldest = letter.time;
    if (letter.time > tally.newest) tally.newest = letter.time;
  }
}

function byFrequency<T extends Tally>(tallies: ReadonlyMap<string, T>): [string, T][] {
  return [...tallies].sort(([a, x], [b, y]) => y.letters - x.letters || (a < b ? -1 : 1));
}

function lines(
  all: Tally,
  stages: ReadonlyMap<string, StageTally>,
  diskBytes: number,
  paint: Paint,
): string[] {
  const percent = (part: number) => `${((100 * part) / all.letters).toFixed(1)} %`;
  const cells = (tally: Tally) => [
    formatCount(tally.letters),
    percent(tally.letters),
    formatSize(tally.bytes),
    brief(tally.oldest),
    brief(tally.newest),
  ];
  const rows = byFrequency(stages).flatMap(([stage, tally]) => [
    [printable(stage), '', ...cells(tally)],
    ...byFrequency(tally.codes).map(([code, one]) => ['', printable(code), ...cells(one)]),
  ]);
  const head = ['stage', 'code', 'letters', 'share', 'size', 'oldest', 'newest'];
  const [first, ...rest] = table([head, ...rows], new Set([2, 3, 4]));
  const sum = `${letterCount(all.letters)} of ${formatSize(all.bytes)} in all; ${formatSize(diskBytes)} on disk`;
  return [paint('bold', first!), ...rest, '', sum];
}

function brief(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}

function asJson(all: Tally, stages: ReadonlyMap<string, StageTally>, diskBytes: number): object {
  const share = (part: number) => (all.letters === 0 ? 0 : Number((part / all.letters).toFixed(4)));
  const { letters, bytes } = all;
  return {
    letters,
    bytes,
    diskBytes,
    ...(letters > 0 && { oldest: all.oldest, newest: all.newest }),
    stages: byFrequency(stages).map(([stage, { codes, ...tally }]) => ({
      stage,
      ...tally,
      share: share(tally.letters),
      codes: byFrequency(codes).map(([code, one]) => ({ code, ...one, share: share(one.letters) })),
    })),
  };
}
