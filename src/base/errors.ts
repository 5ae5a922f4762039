/** Who has to act on an error: the author of the pipeline, whoever makes the data, a system outside, or us. */
export type Blame = 'config' | 'data' | 'external' | 'internal';

/** An error that a user meets. `code` is stable and in snake_case; the message says what to do. */
export class MillraceError extends Error {
  readonly code: string;
  readonly blame: Blame;
  /** Whether trying again can help. */
  readonly retryable: boolean;

  constructor(
    code: string,
    message: string,
    options: { blame: Blame; retryable?: boolean; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.blame = options.blame;
    this.retryable = options.retryable ?? false;
  }
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
