import type { Storage } from '../base/storage.js';
import type { Field } from '../config/fields.js';
import type { Framing } from '../formats/index.js';
import type { Claims } from './claims.js';

/** Checked options of a component, defaults filled in. Plain data: it travels to the threads. */
export type Config = Readonly<Record<string, unknown>>;

export interface Described {
  /** The name in `type:`. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly fields: readonly Field[];
  /** The stage as it would stand in a pipeline's YAML, without its id. It is validated and shown by `list`. */
  readonly example: string;
  /** Finds what single fields cannot tell. Pure: connects to nothing. `field` is a path such as `routes.slow`. */
  readonly check?: (config: Config) => readonly { readonly field: string; readonly message: string }[];
}

/** What the runtime tells a stage about its surroundings. */
export interface StageContext {
  readonly pipeline: string;
  readonly stage: string;
  /** How the source's format cuts bytes into records, and how many lines come before them. */
  readonly framing: Framing;
  readonly preambleLines: number;
  readonly claims: Claims;
  readonly log: StageLog;
  readonly storage: Storage;
  /**
   * Asks for a checkpoint before the next is due, because someone waits for one. Undefined where the pipeline keeps no state, so that
   * there are none and nothing is ever committed.
   */
  readonly requestCheckpoint?: () => void;
}

export interface StageLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
