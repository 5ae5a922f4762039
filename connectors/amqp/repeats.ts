/** So many ids of messages are remembered that a checkpoint holds. */
const MOST_SETTLED = 10_000;

/**
 * Which messages of a queue have been passed on, so that one that the broker gives again is dropped. What was passed on since
 * the last two checkpoints is part of the next, for the acknowledgements of these may have been lost with the process.
 */
export class Repeats {
  /** Passed on and in no checkpoint yet: with the numbers of the deliveries, the repeats among them. */
  readonly #open = new Map<string, number[]>();
  /** In a checkpoint; the newest last. */
  readonly #settled = new Set<string>();
  #lately: readonly string[] = [];

  /** @param ids what the last checkpoint of a run before this one knew */
  constructor(ids: readonly string[]) {
    for (const id of ids) this.#settled.add(id);
    this.#lately = ids;
  }

  /**
   * A message was delivered.
   * @returns whether it is `new`; a repeat of one that a checkpoint holds (`settled`); or of one that was passed on and waits for its
   *   checkpoint (`open`)
   */
  seen(id: string, number: number): 'new' | 'open' | 'settled' {
    if (this.#settled.has(id)) return 'settled';
    const before = this.#open.get(id);
    if (!before) {
      this.#open.set(id, [number]);
      return 'new';
    }
    before.push(number);
    return 'open';
  }

  /** What a checkpoint has to hold. */
  get ids(): readonly string[] {
    return [...this.#lately, ...this.#open.keys()];
  }

  /**
   * A checkpoint holds all deliveries before this number.
   * @returns the numbers of repeats that came behind it, whose originals it holds
   */
  settle(deliveries: number): number[] {
    const settled: string[] = [];
    const behind: number[] = [];
    for (const [id, numbers] of this.#open) {
      if (numbers[0]! >= deliveries) continue;
      settled.push(id);
      behind.push(...numbers.filter((number) => number >= deliveries));
      this.#open.delete(id);
      this.#settled.add(id);
    }
    if (settled.length > 0) this.#lately = settled;
    for (const id of this.#settled) {
      if (this.#settled.size <= MOST_SETTLED) break;
      this.#settled.delete(id);
    }
    return behind;
  }
}
