import type { Writable } from 'node:stream';
import { type Block, type Config, MillraceError, messageOf, type Sink, type SinkContext } from '#component';

export function createStdoutSink(_config: Config, context: SinkContext): Sink {
  return streamSink(() => process.stdout, context);
}

/** A sink that writes into a stream of the process, which it does not end. */
export function streamSink(streamOf: () => Writable, context: SinkContext): Sink {
  let opened: Promise<Writable> | undefined;

  const openStream = async (signal?: AbortSignal): Promise<Writable> => {
    const stream = streamOf();
    // The error also comes to the write's callback; without a listener it would end the process.
    stream.on('error', () => {});
    if (context.header) await writeAndWait(stream, context.header, signal);
    return stream;
  };

  return {
    open: async () => {
      opened ??= openStream();
      await opened;
      return null;
    },
    write: async (block: Block, signal) => {
      opened ??= openStream(signal);
      await writeAndWait(await opened, block.bytes, signal);
    },
    prepare: async () => ({ state: null, durable: async () => {} }),
    close: async () => {
      if (!opened || !context.footer) return;
      const stream = await opened.catch(() => undefined);
      if (stream?.writable) await writeAndWait(stream, context.footer);
    },
  };
}

/** Waits until the reader has taken the bytes, however long it stands still, or until the run stops. */
function writeAndWait(stream: Writable, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal!.reason);
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
    stream.write(bytes, (error) => {
      signal?.removeEventListener('abort', abort);
      if (error) reject(outputError(error));
      else resolve();
    });
  });
}

function outputError(error: Error): MillraceError {
  const { code } = error as NodeJS.ErrnoException;
  const isClosed = code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED';
  return isClosed
    ? new MillraceError('output_closed', 'the reader of standard output has gone', {
        blame: 'external',
        cause: error,
      })
    : new MillraceError('output_failed', `cannot write to standard output: ${messageOf(error)}`, {
        blame: 'external',
        cause: error,
      });
}
