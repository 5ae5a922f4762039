import { Exit, type Io } from './io.js';

/** Lets the first SIGINT or SIGTERM end what is under way in good order, and the second the process. Returns how to undo it. */
export function stopOnSignal(io: Io, stopping: AbortController): () => void {
  return io.onSignal(() => {
    if (stopping.signal.aborted) io.exit(Exit.INTERRUPTED);
    stopping.abort();
  });
}
