import type { Writable } from 'node:stream';
import { type Block, type Config, MillraceError, messageOf, type Sink, type SinkContext } from '#component';

export function createStdoutSink(_config: Config, context: SinkContext): Sink {
  return streamSink(() => process.stdout, context);
}

/** A sink that writes into a stream of the process, which it does not end. */
export function streamSink(streamOf: () => Writable, context: SinkContext): Sink {
  let stream: Writable | undefined;
  let isBroken = false;

  const write = async (bytes: Uint8Array, signal?: AbortSignal): Promise<void> => {
    try {
      if (!stream) throw new Error('the sink is not open');
      await writeAndWait(stream, bytes, signal);
    } catch (error) {
      isBroken = true;
      throw error;
    }
  };

  return {
    open: async () => {
      stream = streamOf();
      // The error also comes to the write's callback; without a listener it would end the process.
      stream.on('error', () => {});
      if (context.header) await write(context.header);
      return null;
    },
    write: (block: Block, signal) => write(block.bytes, signal),
    prepare: async () => ({ state: null, durable: async () => {} }),
    close: async () => {
      // Nothing can follow a block that was not written to its end, and its reader may stand still for ever.
      if (stream && context.footer && !isBroken) await write(context.footer);
      stream = undefined;
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
