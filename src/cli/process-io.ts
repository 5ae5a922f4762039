import { isatty } from 'node:tty';
import type { Io, Output } from './io.js';

/** The real process. Its streams are touched only when something is written: a pipe's mode changes with them. */
export function processIo(exit: (code: number) => never): Io & {
  /** Waits until the reader of a pipe has taken what was written: an exit would cut it off. */
  flushed(): Promise<void>;
} {
  const out = output(1, () => process.stdout, exit);
  const err = output(2, () => process.stderr, exit);
  return {
    out,
    err,
    flushed: async () => void (await Promise.all([out.flushed(), err.flushed()])),
    env: process.env,
    exit,
    onSignal: (handler) => {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      for (const signal of signals) process.on(signal, handler);
      return () => {
        for (const signal of signals) process.off(signal, handler);
      };
    },
  };
}

function output(
  fd: number,
  stream: () => NodeJS.WriteStream,
  exit: (code: number) => never,
): Output & { flushed(): Promise<void> } {
  let guarded = false;
  return {
    isTerminal: isatty(fd),
    get columns() {
      // A pseudo terminal of no size says 0.
      return stream().columns || 80;
    },
    write: (text) => {
      if (!guarded) stream().on('error', (error: NodeJS.ErrnoException) => onClosed(error, fd, exit));
      guarded = true;
      stream().write(text);
    },
    flushed: () =>
      guarded ? new Promise((resolve) => stream().write('', () => resolve())) : Promise.resolve(),
  };
}

/** A reader that has seen enough (`millrace list | head`) is no failure, and nobody is left to tell of one. */
function onClosed(error: NodeJS.ErrnoException, fd: number, exit: (code: number) => never): void {
  if (error.code !== 'EPIPE') throw error;
  if (fd === 1) exit(0);
}
