import { fstatSync, read as readFd } from 'node:fs';
import { promisify } from 'node:util';
import {
  type Chunk,
  type Config,
  Framer,
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
  const framer = new Framer(framingOptions(config, context), { source: context.stage, name: 'stdin' });
  let read = 0;
  let input: StreamInput | undefined;
  const size = fileSize();
  return {
    read: (outlet, signal) => {
      if (isFolder())
        throw inputFailed('it is a folder; redirect a file, or name the files in a file source');
      if (size === undefined) {
        input = new StreamInput(process.stdin);
        return readStream(input, framer, outlet, signal);
      }
      const readInto = async (into: Uint8Array): Promise<number> => {
        const count = await readFile(into);
        read += count;
        return count;
      };
      return framer.chunks({ read: readInto, outlet, signal, isFinal: () => true });
    },
    progress: () => ({ read: input?.consumed ?? read, total: size }),
    close: async () => input?.close(),
  };
}

/** The size of the file that standard input is redirected from; undefined where it is something else. */
function fileSize(): number | undefined {
  try {
    const stats = fstatSync(STDIN);
    return stats.isFile() ? stats.size : undefined;
  } catch {
    return undefined;
  }
}

const readAsync = promisify(readFd);

async function readFile(into: Uint8Array): Promise<number> {
  try {
    return (await readAsync(STDIN, into, 0, into.length, null)).bytesRead;
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
