import { type Arena, Tag, textAddress, textLength, type Vector } from '../batch/index.js';
import type { KeyBinding } from './binding.js';
import { ConsumerSets, MOST_SETS } from './consumer-sets.js';
import { DirectMatcher } from './direct.js';
import { NO_KEY } from './routes.js';
import { TopicMatcher } from './topic.js';

/** Finds who gets records with a key. */
export interface KeyMatcher {
  /** The number of the set of consumers for the key bytes[start .. end). */
  match(bytes: Uint8Array, start: number, end: number): number;
  /** The sets have been forgotten: forgets their numbers, too. */
  clear(): void;
}

/** Routes batches by the routing keys of their records. For one thread. */
export class KeyRouter {
  readonly consumers = new ConsumerSets();
  readonly #matcher: KeyMatcher;

  constructor(type: 'direct' | 'topic', bindings: readonly KeyBinding[]) {
    this.#matcher =
      type === 'direct'
        ? new DirectMatcher(bindings, this.consumers)
        : new TopicMatcher(bindings, this.consumers);
  }

  /**
   * For each row the number of its set in `consumers`, which holds until the next call.
   * @param keys texts; rows that are none (an ERROR) are NO_KEY
   */
  route(arena: Arena, keys: Vector): Int32Array {
    if (this.consumers.size > MOST_SETS) this.#forget();
    const { bytes } = arena;
    const views = keys.views!;
    const sets = arena.int32(keys.length);
    for (let row = 0; row < keys.length; row++) {
      if (keys.uniform !== Tag.TEXT && keys.tags[row] !== Tag.TEXT) {
        sets[row] = NO_KEY;
        continue;
      }
      const start = textAddress(views, row);
      sets[row] = this.#matcher.match(bytes, start, start + textLength(views, row));
    }
    return sets;
  }

  #forget(): void {
    this.consumers.clear();
    this.#matcher.clear();
  }
}
