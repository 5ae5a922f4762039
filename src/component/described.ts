import type { Storage } from '../base/storage.js';
import type { Field, Finding } from '../config/fields.js';
import type { Framing } from '../formats/index.js';
import type { Claims } from './claims.js';

/** Checked options of a component, defaults filled in. Plain data: it travels to the threads. */
export type Config = Readonly<Record<string, unknown>>;

/** Who asks a system outside. */
export interface OutsideContext {
  readonly pipeline: string;
  readonly stage: string;
}

export interface Described {
  /** The name in `type:`. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly fields: readonly Field[];
  /** The stage as it would stand in a pipeline's YAML, without its id. It is validated and shown by `list`. */
  readonly example: string;
  /** Finds what single fields cannot tell. Pure: connects to nothing. */
  readonly check?: (config: Config) => readonly Finding[];
  /** Finds what is no mistake, but may become one. */
  readonly warn?: (config: Config) => readonly Finding[];
  /**
   * Asks a system outside in what it differs from what the configuration needs there. Changes nothing.
   * Rejects with a MillraceError where it cannot be asked.
   */
  readonly compare?: (config: Config, context: OutsideContext) => Promise<readonly Finding[]>;
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
