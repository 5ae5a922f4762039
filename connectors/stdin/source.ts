import { fstatSync, read as readFd } from 'node:fs';
import { promisify } from 'node:util';
import {
  type Chunk,
  type Config,
  Framer,
  type FramingState,
  MillraceError,
  messageOf,
  type Outlet,
  type Source,
  type StageContext,
} from '#component';
import { framingOptions } from '../options.js';
import { StreamInput } from './input.js';

const STDIN = 0;
const never = new AbortController().signal;

/** Reads a redirected file as a file, anything else as a stream. */
export function createStdinSource(config: Config, context: StageContext): Source {
  const options = framingOptions(config, context);
  const partition = { source: context.stage, name: 'stdin' };
  let read = 0;
  let input: StreamInput | undefined;
  const file = redirectedFile();
  return {
    read: (outlet, signal, from) => {
      if (isFolder())
        throw inputFailed('it is a folder; redirect a file, or name the files in a file source');
      if (file === undefined) {
        input = new StreamInput(process.stdin);
        return readStream(input, new Framer(options, partition), outlet, signal);
      }
      const key = file.identity;
      const before = from.get(key) as FramingState | undefined;
      // It may have been emptied, or written anew, since.
      const start = before && before.offset <= file.size ? before : undefined;
      read = start?.offset ?? 0;
      const readInto = async (into: Uint8Array): Promise<number> => {
        const count = await readFile(into, start && read);
        read += count;
        return count;
      };
      const framer = new Framer(options, partition, start, (position) => ({
        key,
        position: { ...position },
      }));
      return framer.chunks({ read: readInto, outlet, signal, isFinal: () => !signal.aborted });
    },
    progress: () => ({ read: input?.consumed ?? read, total: file?.size }),
    close: async () => input?.close(),
  };
}

/** The file that standard input is redirected from; undefined where it is something else. */
function redirectedFile(): { readonly identity: string; readonly size: number } | undefined {
  try {
    const stats = fstatSync(STDIN);
    return stats.isFile() ? { identity: `${stats.dev}:${stats.ino}`, size: stats.size } : undefined;
  } catch {
    return undefined;
  }
}

const readAsync = promisify(readFd);

/** @param position undefined: where whoever redirected it left it */
async function readFile(into: Uint8Array, position: number | undefined): Promise<number> {
  try {
    return (await readAsync(STDIN, into, 0, into.length, position ?? null)).bytesRead;
  } catch (error) {
    throw inputFailed(messageOf(error), error);
  }
}

/** Node takes a folder for a stream that is empty. */
function isFolder(): boolean {
  try {
    return fstatSync(STDIN).isDirectory();
  } catch {
    return false;
  }
}

function inputFailed(reason: string, cause?: unknown): MillraceError {
  return new MillraceError('input_failed', `cannot read standard input: ${reason}`, {
    blame: 'external',
    cause,
  });
}

/**
 * While nothing comes it holds no lent buffer. What had been taken from the pipe before an abort is still passed on,
 * a last line without its newline too, for nobody could read it again.
 */
export async function* readStream(
  input: StreamInput,
  framer: Framer,
  outlet: Outlet,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const stop = (): void => input.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    while (await input.hasMore()) {
      yield* framer.chunks({
        read: (into, isFirst) => input.read(into, isFirst, outlet.lingerMs),
        outlet,
        signal: never,
        isFinal: () => false,
      });
    }
    yield* framer.chunks({ read: async () => 0, outlet, signal: never, isFinal: () => true });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
