import {
  type Chunk,
  type Config,
  Framer,
  MillraceError,
  type Positions,
  type Source,
  type StageContext,
} from '#component';
import { framingOptions } from '../options.js';
import { type FoundFile, findFiles, type Patterns } from './find.js';
import { followFiles } from './follow.js';
import { identityOf } from './identity.js';
import { type ByteInput, type Compression, detectCompression, openInput } from './input.js';
import { type FileSourceOptions, openFile } from './open.js';
import { framedBytes, type Reading, readRegular } from './regular.js';

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
    const claim = async (): Promise<void> => claimFiles((await findFiles(options.patterns)).files, context);
    const read: Source['read'] = (outlet, signal, from) => followFiles(options, { outlet, signal, from });
    return { claim, read, prune: (positions) => stillThere(options.patterns, positions), close };
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
  private current: ByteInput | undefined;

  read(): number {
    return this.before + (this.current?.consumed ?? 0);
  }

  begin(input: ByteInput): void {
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
  for (const { stats, name } of files) if (stats.isFile()) claims.read(stage, identityOf(stats), name);
}

/** The positions in files that some pattern still finds. */
async function stillThere(patterns: Patterns, positions: Positions): Promise<Positions> {
  const { files } = await findFiles(patterns);
  const present = new Set(files.map(({ stats }) => identityOf(stats)));
  return new Map([...positions].filter(([identity]) => present.has(identity)));
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
  for (const file of files) {
    if (reading.signal.aborted) return;
    yield* readFile(file, options, progress, reading);
  }
}

async function* readFile(
  file: FoundFile,
  options: FileSourceOptions,
  progress: Progress,
  reading: Reading,
): AsyncGenerator<Chunk> {
  const { path, name, stats } = file;
  const handle = await openFile(path, name);
  try {
    const { compression: configured } = options;
    const compression = configured === 'auto' ? await detectCompression(name, handle) : configured;
    if (stats.isFile()) {
      yield* readRegular({ file, handle, compression }, options, reading, (input) => progress.begin(input));
      return;
    }
    const input = openInput(handle, compression, name);
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
