import {
  type Chunk,
  type Config,
  Framer,
  fileIdentity,
  MillraceError,
  type Positions,
  type Source,
  type StageContext,
} from '#component';
import { framingOptions } from '../options.js';
import { type FoundFile, findFiles, type Patterns } from './find.js';
import { followFiles } from './follow.js';
import { identityIn, keyOf, STARTED } from './identity.js';
import { type ByteInput, type Compression, detectCompression, openInput } from './input.js';
import { type FileSourceOptions, openFile } from './open.js';
import { framedBytes, type Reading, readRegular } from './regular.js';
import { warnOfUnread } from './unread.js';

/** Opens nothing; reading does. Relative paths start at the working directory. */
export function createFileSource(config: Config, context: StageContext): Source {
  const options: FileSourceOptions = {
    patterns: {
      paths: config.paths as string[],
      exclude: config.exclude as string[],
      workingDirectory: process.cwd(),
    },
    compression: config.compression as Compression | 'auto',
    start: config.start as 'beginning' | 'end',
    pollIntervalMs: config.poll_interval as number,
    rotateWaitMs: config.rotate_wait as number,
    framing: framingOptions(config, context),
    context,
  };
  const progress = new Progress();
  const close = (): Promise<void> => Promise.resolve();
  if (config.follow === true) {
    const open = new Set<string>();
    const claim = async (): Promise<void> => claimFiles((await findFiles(options.patterns)).files, context);
    const read: Source['read'] = (outlet, signal, from) =>
      followFiles(options, { outlet, signal, from }, open);
    return { claim, read, prune: (positions) => stillThere(options.patterns, positions, open), close };
  }
  let found: Promise<readonly FoundFile[]> | undefined;
  const find = (): Promise<readonly FoundFile[]> => {
    found ??= findAll(options.patterns, config.allow_empty === true);
    return found;
  };
  return {
    claim: async () => claimFiles(await find(), context),
    read: (outlet, signal, from) => readFiles(find, options, progress, { outlet, signal, from }),
    prune: (positions) => stillThere(options.patterns, positions),
    progress: () => ({ read: progress.read(), total: progress.total }),
    close,
  };
}

class Progress {
  total: number | undefined;
  private before = 0;
  private current: Pick<ByteInput, 'consumed'> | undefined;

  read(): number {
    return this.before + (this.current?.consumed ?? 0);
  }

  begin(input: Pick<ByteInput, 'consumed'>): void {
    this.before = this.read();
    this.current = input;
  }
}

async function findAll(patterns: Patterns, allowEmpty: boolean): Promise<readonly FoundFile[]> {
  const { files, unmatched } = await findFiles(patterns);
  if (unmatched.length > 0 && !allowEmpty) throw noMatch(unmatched, patterns.workingDirectory);
  return files;
}

/** Only of regular files: what goes through a pipe or a device does not come out of it again. */
function claimFiles(files: readonly FoundFile[], { claims, stage }: StageContext): void {
  for (const { stats, name } of files) if (stats.isFile()) claims.read(stage, fileIdentity(stats), name);
}

/** The positions in files that some pattern still finds, or that are being read. */
async function stillThere(
  patterns: Patterns,
  positions: Positions,
  open: ReadonlySet<string> = new Set(),
): Promise<Positions> {
  const { files } = await findFiles(patterns);
  const present = new Set(files.map(({ stats }) => fileIdentity(stats)));
  const isNeeded = (key: string) => key === STARTED || open.has(key) || present.has(identityIn(key));
  return new Map([...positions].filter(([key]) => isNeeded(key)));
}

async function* readFiles(
  find: () => Promise<readonly FoundFile[]>,
  options: FileSourceOptions,
  progress: Progress,
  reading: Reading,
): AsyncGenerator<Chunk> {
  const files = await find();
  progress.total = files.every(({ stats }) => stats.isFile())
    ? files.reduce((sum, { stats }) => sum + stats.size, 0)
    : undefined;
  await warnOfUnread(options, reading.from, files);
  const keys = new Keys();
  for (const file of files) {
    if (reading.signal.aborted) return;
    yield* readFile(file, keys, options, progress, reading);
  }
}

/** A file that has several names (links) is read once by each, and has a position for each. */
class Keys {
  private readonly times = new Map<string, number>();

  of(identity: string): string {
    const before = this.times.get(identity) ?? 0;
    this.times.set(identity, before + 1);
    return keyOf(identity, before);
  }
}

async function* readFile(
  { path, name }: FoundFile,
  keys: Keys,
  options: FileSourceOptions,
  progress: Progress,
  reading: Reading,
): AsyncGenerator<Chunk> {
  const handle = await openFile(path, name);
  try {
    // Not as it was found: since then another file may have come to have its name.
    const stats = await handle.stat();
    const { compression: configured } = options;
    const compression = configured === 'auto' ? await detectCompression(name, handle) : configured;
    if (stats.isFile()) {
      const opened = { key: keys.of(fileIdentity(stats)), name, handle, stats, compression };
      yield* readRegular(opened, options, reading, (input) => progress.begin(input));
      return;
    }
    const input = openInput(handle, compression, name, false);
    progress.begin(input);
    yield* framedBytes(new Framer(options.framing, { source: options.context.stage, name }), input, reading);
  } finally {
    await handle.close();
  }
}

function noMatch(patterns: readonly string[], workingDirectory: string): MillraceError {
  const list = patterns.map((pattern) => `"${pattern}"`).join(', ');
  return new MillraceError(
    'file_not_found',
    `no file matches ${list} (relative paths start at ${workingDirectory}); check the path, or set allow_empty: true`,
    { blame: 'config' },
  );
}
