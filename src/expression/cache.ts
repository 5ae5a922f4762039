const MAX_ENTRIES = 1024;

/** What was made of texts, since the same come again and again. It is emptied when it is full. */
export class Cache<T> {
  readonly #entries = new Map<string, T>();

  get(text: string, make: (text: string) => T): T {
    const known = this.#entries.get(text);
    if (known !== undefined) return known;
    const entry = make(text);
    if (this.#entries.size === MAX_ENTRIES) this.#entries.clear();
    this.#entries.set(text, entry);
    return entry;
  }
}
