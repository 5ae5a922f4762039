/** Where text goes. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  write(text: string): void;
  /** Writes bytes as they are. Resolves when there is room for more. */
  writeBytes(bytes: Uint8Array): Promise<void>;
}

/** What the verbs know of the process that they run in. */
export interface Io {
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the process at once. */
  exit(code: number): never;
  /** Asks whoever sits at the terminal; only where there is one. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Calls `handler` for each SIGINT and SIGTERM, which then no longer end the process. Returns how to undo it. */
  onSignal(handler: () => void): () => void;
  /** The same for SIGHUP, where that does not say that the terminal is gone. */
  readonly onReload?: (handler: () => void) => () => void;
}

/** Exit codes, as users and scripts know them. */
export const Exit = {
  DONE: 0,
  FAILED: 1,
  /** EX_CONFIG of sysexits.h: the configuration is wrong, nothing was touched. */
  CONFIGURATION: 78,
  /** Interrupted before everything was drained (128 + SIGINT). */
  INTERRUPTED: 130,
} as const;
