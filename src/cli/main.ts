import { MillraceError, messageOf } from '../base/errors.js';
import { Exit, type Io } from './io.js';
import { createProgram } from './program.js';

/**
 * The command line.
 * @param argv without `node` and the script
 * @returns the exit code
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code: number = Exit.DONE;
  const program = createProgram(io, (verb) => {
    code = verb;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    // Whoever reads standard output has seen enough.
    if (error instanceof MillraceError && error.code === 'output_closed') return Exit.DONE;
    if (isUsage(error)) return error.exitCode === 0 ? Exit.DONE : Exit.FAILED;
    io.err.write(`error: ${messageOf(error)}\n`);
    if (!(error instanceof MillraceError) && error instanceof Error) io.err.write(`${error.stack ?? ''}\n`);
    return Exit.FAILED;
  }
}

/** Commander has printed its message, or the help, when it throws this. */
function isUsage(error: unknown): error is Error & { exitCode: number } {
  return (
    error instanceof Error &&
    'exitCode' in error &&
    'code' in error &&
    String(error.code).startsWith('commander.')
  );
}
