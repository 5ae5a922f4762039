import { fstatSync, type Stats } from 'node:fs';
import {
  type Chunk,
  type Config,
  Framer,
  type Outlet,
  type ReadBytes,
  type Source,
  type StageContext,
} from '#component';
import { framingOptions } from '../options.js';
import { StreamInput } from './input.js';
import { inputFailed, RedirectedFile } from './redirected.js';

const STDIN = 0;
const never = new AbortController().signal;
const readNothing = async (): Promise<number> => 0;

/** Reads a redirected file as a file, anything else as a stream. */
export function createStdinSource(config: Config, context: StageContext): Source {
  const options = framingOptions(config, context);
  const partition = { source: context.stage, name: 'stdin' };
  let input: StreamInput | undefined;
  const stats = statsOfStdin();
  const file = stats?.isFile() ? new RedirectedFile(STDIN, stats) : undefined;
  return {
    readsOnce: file === undefined,
    read: (outlet, signal, from) => {
      // Node takes a folder for a stream that is empty.
      if (stats?.isDirectory())
        throw inputFailed('it is a folder; redirect a file, or name the files in a file source');
      if (file) return file.read(options, partition, { outlet, signal, from });
      input = new StreamInput(process.stdin);
      return readStream(input, new Framer(options, partition), outlet, signal);
    },
    progress: () => ({ read: input?.consumed ?? file?.position ?? 0, total: file?.size }),
    close: async () => input?.close(),
  };
}

/** Undefined where it is closed. */
function statsOfStdin(): Stats | undefined {
  try {
    return fstatSync(STDIN);
  } catch {
    return undefined;
  }
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
    const turn = { outlet, signal: never, isFinal: () => false };
    const read: ReadBytes = (into, isFirst) => input.read(into, isFirst, outlet.lingerMs);
    for (;;) {
      const more = await input.more(framer.flushAfterMs);
      if (more === 'ended') break;
      yield* framer.chunks(more === 'some' ? { ...turn, read } : { ...turn, read: readNothing, flush: true });
    }
    yield* framer.chunks({ ...turn, read: readNothing, isFinal: () => true });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
