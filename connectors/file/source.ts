import type { FileHandle } from 'node:fs/promises';
import {
  type Chunk,
  type Config,
  Framer,
  MillraceError,
  type Outlet,
  type Source,
  type StageContext,
} from '#component';
import { framingOptions } from '../options.js';
import { type FoundFile, findFiles, type Patterns } from './find.js';
import { followFiles } from './follow.js';
import { identityOf } from './identity.js';
import { type ByteInput, type Compression, detectCompression, openInput } from './input.js';
import { type FileSourceOptions, openFile } from './open.js';

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
    return { claim, read: (outlet, signal) => followFiles(options, outlet, signal), close };
  }
  let found: Promise<readonly FoundFile[]> | undefined;
  const find = (): Promise<readonly FoundFile[]> => {
    found ??= findAll(options.patterns, config.allow_empty === true);
    return found;
  };
  return {
    claim: async () => claimFiles(await find(), context),
    read: (outlet, signal) => readFiles(find, options, progress, outlet, signal),
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

async function* readFiles(
  find: () => Promise<readonly FoundFile[]>,
  options: FileSourceOptions,
  progress: Progress,
  outlet: Outlet,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const files = await find();
  progress.total = files.every(({ stats }) => stats.isFile())
    ? files.reduce((sum, { stats }) => sum + stats.size, 0)
    : undefined;
  for (const file of files) {
    if (signal.aborted) return;
    yield* readFile(file, options, progress, outlet, signal);
  }
}

async function* readFile(
  { path, name }: FoundFile,
  options: FileSourceOptions,
  progress: Progress,
  outlet: Outlet,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const handle = await openFile(path, name);
  try {
    const input = await openCompressed(handle, name, options.compression);
    progress.begin(input);
    const framer = new Framer(options.framing, { source: options.context.stage, name });
    yield* framer.chunks({
      read: (into) => input.read(into),
      outlet,
      signal,
      isFinal: () => !signal.aborted,
    });
  } finally {
    await handle.close();
  }
}

async function openCompressed(
  handle: FileHandle,
  name: string,
  configured: Compression | 'auto',
): Promise<ByteInput> {
  const compression = configured === 'auto' ? await detectCompression(name, handle) : configured;
  return openInput(handle, compression, name);
}

function noMatch(patterns: readonly string[], workingDirectory: string): MillraceError {
  const list = patterns.map((pattern) => `"${pattern}"`).join(', ');
  return new MillraceError(
    'file_not_found',
    `no file matches ${list} (relative paths start at ${workingDirectory}); check the path, or set allow_empty: true`,
    { blame: 'config' },
  );
}
