import { MillraceError, messageOf } from '../base/errors.js';

/** Nothing was appended; the same may be tried again. */
export function diskFull(folder: string, cause: unknown): MillraceError {
  const message = `no room for the log ${folder}: free some space (${messageOf(cause)})`;
  return new MillraceError('disk_full', message, { blame: 'external', retryable: true, cause });
}

const FAILURES = {
  log_open_failed: 'cannot be opened',
  log_write_failed: 'cannot be written',
  log_sync_failed: 'cannot be made durable',
} as const;

/** The writer is of no use any more: open another one with the last state that was durable. */
export function broken(code: keyof typeof FAILURES, folder: string, cause: unknown): MillraceError {
  const message = `the log ${folder} ${FAILURES[code]}: ${messageOf(cause)}`;
  return new MillraceError(code, message, { blame: 'external', retryable: true, cause });
}

export function misuse(message: string): MillraceError {
  return new MillraceError('log_misuse', message, { blame: 'internal' });
}
