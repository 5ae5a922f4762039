import type { KeyBinding } from './binding.js';
import { ByteTable } from './byte-table.js';
import { type ConsumerSets, NOBODY } from './consumer-sets.js';
import type { KeyMatcher } from './key-router.js';

/** Compares keys with the bindings of a direct exchange. */
export class DirectMatcher implements KeyMatcher {
  readonly #keys: ByteTable;
  readonly #bindings: readonly KeyBinding[];
  readonly #consumers: ConsumerSets;
  /** By the number of the key. */
  #sets: readonly number[] = [];

  constructor(bindings: readonly KeyBinding[], consumers: ConsumerSets) {
    this.#keys = new ByteTable(bindings.map(({ key }) => key));
    this.#bindings = bindings;
    this.#consumers = consumers;
    this.clear();
  }

  match(bytes: Uint8Array, start: number, end: number): number {
    const key = this.#keys.find(bytes, start, end);
    return key < 0 ? NOBODY : this.#sets[key]!;
  }

  clear(): void {
    const consumers = Array.from({ length: this.#keys.size }, (): number[] => []);
    for (const { key, consumer } of this.#bindings) consumers[this.#keys.numberOf(key)]!.push(consumer);
    this.#sets = consumers.map((set) => this.#consumers.numberOf(set));
  }
}
