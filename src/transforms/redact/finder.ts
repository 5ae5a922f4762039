import { isAscii, isUtf8 } from 'node:buffer';
import { compileRegex } from '../../base/regex/regex.js';
import { type Arena, SecretFinder, type SecretKind } from '../../batch/index.js';

/** A pattern of the user's, under the name that its finds go by. */
export interface NamedPattern {
  readonly name: string;
  readonly pattern: string;
}

/** Finds secrets in texts that lie in the arena. After `find`, the first `count` of its arrays hold what was found, in order. */
export class Finder {
  count = 0;
  starts = new Int32Array(16);
  ends = new Int32Array(16);
  /** What each is called. */
  readonly names: string[] = [];
  readonly #secrets: SecretFinder;
  readonly #patterns: readonly { readonly name: string; readonly regex: RegExp }[];
  #memory!: Buffer;

  constructor(kinds: readonly SecretKind[], patterns: readonly NamedPattern[]) {
    this.#secrets = new SecretFinder(kinds);
    this.#patterns = patterns.map(({ name, pattern }) => {
      const { source, flags } = compileRegex(pattern).expression;
      return { name, regex: new RegExp(source, `${flags}g`) };
    });
  }

  get hasPatterns(): boolean {
    return this.#patterns.length > 0;
  }

  get findsCards(): boolean {
    return this.#secrets.findsCards;
  }

  /** Prepares for the texts of a batch. */
  begin(arena: Arena): void {
    this.#memory = Buffer.from(arena.memory.buffer);
    this.#secrets.begin(arena);
  }

  /** Finds everything in the text [start, end). Returns how much. */
  find(start: number, end: number): number {
    this.count = 0;
    this.names.length = 0;
    const secrets = this.#secrets;
    for (let kind = secrets.next(start, end, start); kind; kind = secrets.next(start, end, secrets.end)) {
      this.#add(secrets.start, secrets.end, kind);
    }
    if (this.hasPatterns && end > start) this.#findPatterns(start, end);
    return this.count;
  }

  #add(start: number, end: number, name: string): void {
    if (this.count === this.starts.length) {
      this.starts = grown(this.starts);
      this.ends = grown(this.ends);
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.names[this.count++] = name;
  }

  /** As in the `regex` format, what is no UTF-8 is matched byte by byte. */
  #findPatterns(start: number, end: number): void {
    const before = this.count;
    const bytes = this.#memory.subarray(start, end);
    const isWide = !isAscii(bytes) && isUtf8(bytes);
    const text = bytes.toString(isWide ? 'utf8' : 'latin1');
    for (const { name, regex } of this.#patterns) {
      let units = 0;
      let at = start;
      for (const { 0: match, index } of text.matchAll(regex)) {
        if (match === '') continue;
        const from = at + lengthOf(text.slice(units, index), isWide);
        units = index + match.length;
        at = from + lengthOf(match, isWide);
        this.#add(from, at, name);
      }
    }
    if (this.count > before) this.#merge();
  }

  /** Puts what was found in several ways in order. Where two overlap they become one, which is called as the first. */
  #merge(): void {
    const order = Array.from({ length: this.count }, (_, i) => i);
    const { starts, ends } = this;
    order.sort((a, b) => starts[a]! - starts[b]! || ends[b]! - ends[a]!);
    const all = order.map((i) => ({ start: starts[i]!, end: ends[i]!, name: this.names[i]! }));
    this.count = 0;
    for (const { start, end, name } of all) {
      const last = this.count - 1;
      if (last < 0 || start >= this.ends[last]!) this.#add(start, end, name);
      else this.ends[last] = Math.max(this.ends[last]!, end);
    }
    this.names.length = this.count;
  }
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function lengthOf(text: string, isWide: boolean): number {
  return isWide ? Buffer.byteLength(text) : text.length;
}
