import { once } from 'node:events';
import { isatty } from 'node:tty';
import { redact } from '../base/secrets.js';
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
    ...(isatty(0) && isatty(2) && { confirm }),
    ...(!isatty(2) && { onReload: (handler: () => void) => onSignals(['SIGHUP'], handler) }),
    onSignal: (handler) => onSignals(['SIGINT', 'SIGTERM'], handler),
  };
}

function onSignals(signals: readonly NodeJS.Signals[], handler: () => void): () => void {
  for (const signal of signals) process.on(signal, handler);
  return () => {
    for (const signal of signals) process.off(signal, handler);
  };
}

function output(
  fd: number,
  stream: () => NodeJS.WriteStream,
  exit: (code: number) => never,
): Output & { flushed(): Promise<void> } {
  let guarded = false;
  const guard = () => {
    if (!guarded) stream().on('error', (error: NodeJS.ErrnoException) => onClosed(error, fd, exit));
    guarded = true;
  };
  return {
    isTerminal: isatty(fd),
    get columns() {
      // A pseudo terminal of no size says 0.
      return stream().columns || 80;
    },
    write: (text) => {
      guard();
      stream().write(redact(text));
    },
    writeBytes: async (bytes) => {
      guard();
      if (!stream().write(bytes)) await once(stream(), 'drain');
    },
    flushed: () =>
      guarded ? new Promise((resolve) => stream().write('', () => resolve())) : Promise.resolve(),
  };
}

async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `), once(lines, 'close')]);
    return typeof answer === 'string' && /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** A reader that has seen enough (`millrace list | head`) is no failure, and nobody is left to tell of one. */
function onClosed(error: NodeJS.ErrnoException, fd: number, exit: (code: number) => never): void {
  if (error.code !== 'EPIPE') throw error;
  if (fd === 1) exit(0);
}
