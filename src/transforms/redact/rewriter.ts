import type { ArenaWriter, Vector } from '../../batch/index.js';
import { Members, writePlain } from '../../formats/index.js';
import type { Finder } from './finder.js';
import { JsonPlace } from './json-place.js';
import type { Replacement } from './replacement.js';

const QUOTE = 34;
const BACKSLASH = 92;
const MINUS = 45;
const LEAST_SCRATCH_BYTES = 4096;

/**
 * Writes texts and JSON without their secrets. What has none is not written at all: bytes are copied only when something
 * behind them is replaced.
 */
export class Rewriter {
  readonly #writer: ArenaWriter;
  readonly #bytes: Uint8Array;
  readonly #finder: Finder;
  readonly #replacement: Replacement;
  readonly #fields: ReadonlySet<string> | undefined;
  readonly #members = new Members();
  #scratch = 0;
  #scratchBytes = 0;
  #start = 0;
  /** From here on nothing has been written yet. */
  #kept = 0;
  #hasChanged = false;

  /** @param fields the only members of documents that are looked at */
  constructor(
    writer: ArenaWriter,
    finder: Finder,
    replacement: Replacement,
    fields: ReadonlySet<string> | undefined,
  ) {
    this.#writer = writer;
    this.#bytes = writer.arena.bytes;
    this.#finder = finder;
    this.#replacement = replacement;
    this.#fields = fields;
  }

  /** Where what was written last begins, and how long it is. */
  get start(): number {
    return this.#start;
  }

  get length(): number {
    return this.#writer.at - this.#start;
  }

  /** Each of these returns whether there was a secret in [start, end), and then has written it without. */
  text(start: number, end: number): boolean {
    this.#begin(start);
    this.#replaceIn(start, end, false);
    return this.#finish(end);
  }

  json(start: number, end: number): boolean {
    this.#begin(start);
    this.#value(start, end, false);
    return this.#finish(end);
  }

  /** A document: the values of its members, and all that is inside of them. */
  document(start: number, end: number): boolean {
    this.#begin(start);
    if (!this.#fields) {
      this.#value(start, end, true);
      return this.#finish(end);
    }
    const members = this.#members;
    members.start(this.#bytes, start, end);
    while (members.next()) {
      if (this.#fields.has(members.key())) this.#value(members.valueStart, members.valueEnd, false);
    }
    return this.#finish(end);
  }

  /** A number's digits; they become a text. */
  number(vector: Vector, row: number): boolean {
    const scratch = this.#writer.at;
    writePlain(this.#writer, vector, row);
    const end = this.#writer.at;
    this.#begin(scratch);
    this.#replaceIn(scratch, end, false);
    return this.#finish(end);
  }

  #begin(start: number): void {
    this.#start = this.#writer.at;
    this.#kept = start;
    this.#hasChanged = false;
  }

  #finish(end: number): boolean {
    if (this.#hasChanged) this.#keep(end);
    return this.#hasChanged;
  }

  #keep(end: number): void {
    this.#writer.copy(this.#kept, end - this.#kept);
    this.#kept = end;
    this.#hasChanged = true;
  }

  #replace(i: number, from: number, to: number): void {
    this.#writer.bytes(this.#replacement.of(this.#finder.names[i]!, this.#bytes.subarray(from, to)));
  }

  /** @param isEscaped the text's signs have to be escaped where they are written */
  #replaceIn(start: number, end: number, isEscaped: boolean): void {
    const count = this.#finder.find(start, end);
    const { starts, ends } = this.#finder;
    for (let i = 0; i < count; i++) {
      const from = starts[i]!;
      if (isEscaped) this.#writer.escaped(this.#kept, from - this.#kept);
      else this.#keep(from);
      this.#replace(i, from, ends[i]!);
      this.#kept = ends[i]!;
    }
  }

  /**
   * A JSON value. It is searched as a whole, since no secret has a quote in it, unless escapes may hide something, or patterns
   * want to see each string as it is.
   * @param isDocument the names of its own members are left as they are
   */
  #value(start: number, end: number, isDocument: boolean): void {
    const flat = this.#finder.hasPatterns ? undefined : this.#flatten(start, end);
    if (flat === undefined) {
      this.#eachString(start, end, isDocument);
      return;
    }
    const count = this.#finder.find(flat, flat + end - start);
    if (count === 0) return;
    const place = new JsonPlace(this.#bytes, start);
    const { starts, ends } = this.#finder;
    for (let i = 0; i < count; i++) {
      const from = start + starts[i]! - flat;
      const to = start + ends[i]! - flat;
      place.goTo(from);
      if (isDocument && place.isInOuterName) continue;
      if (place.isInString) {
        this.#keep(from);
        this.#replace(i, starts[i]!, ends[i]!);
        this.#kept = to;
      } else if (from >= this.#kept) {
        this.#replaceNumber(i, from, to, start, end);
      }
    }
  }

  /** Where the value can be searched: where it lies, or without its escapes in the scratch memory; undefined if it cannot. */
  #flatten(start: number, end: number): number | undefined {
    const { kernels } = this.#writer.arena;
    if (kernels.findByte(start, end, BACKSLASH) === end) return start;
    const length = end - start;
    const scratch = this.#scratchFor(length);
    return kernels.flattenJson(scratch, start, length) === 0 ? undefined : scratch;
  }

  #scratchFor(length: number): number {
    if (this.#scratchBytes < length) {
      this.#scratchBytes = Math.max(LEAST_SCRATCH_BYTES, length * 2);
      this.#scratch = this.#writer.borrow(this.#scratchBytes);
    }
    return this.#scratch;
  }

  /** Puts a number in which something was found in quotes. */
  #replaceNumber(i: number, from: number, to: number, start: number, end: number): void {
    let first = from;
    while (first > start && isInNumber(this.#bytes[first - 1]!)) first--;
    let last = to;
    while (last < end && isInNumber(this.#bytes[last]!)) last++;
    this.#keep(first);
    this.#writer.byte(QUOTE);
    this.#keep(from);
    this.#replace(i, from, to);
    this.#kept = to;
    this.#keep(last);
    this.#writer.byte(QUOTE);
  }

  /** All strings and all numbers of a value, one by one. */
  #eachString(start: number, end: number, isDocument: boolean): void {
    const bytes = this.#bytes;
    const place = new JsonPlace(bytes, start);
    for (let at = start; at < end; ) {
      const byte = bytes[at]!;
      const first = at++;
      if (byte === QUOTE) {
        for (; bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
        place.goTo(at++);
        if (!isDocument || !place.isInOuterName) this.#string(first, at);
      } else if (isNumberStart(byte)) {
        while (at < end && isInNumber(bytes[at]!)) at++;
        this.#number(first, at);
      }
    }
  }

  #string(start: number, end: number): void {
    const { kernels } = this.#writer.arena;
    if (kernels.findByte(start, end, BACKSLASH) === end) {
      this.#replaceIn(start + 1, end - 1, false);
      return;
    }
    const length = end - start - 2;
    const scratch = this.#scratchFor(length);
    const after = kernels.unescapeJson(scratch, start + 1, length);
    if (this.#finder.find(scratch, after) === 0) return;
    this.#keep(start + 1);
    this.#kept = scratch;
    this.#replaceIn(scratch, after, true);
    this.#writer.escaped(this.#kept, after - this.#kept);
    this.#kept = end - 1;
  }

  #number(start: number, end: number): void {
    if (this.#finder.find(start, end) === 0) return;
    this.#keep(start);
    this.#writer.byte(QUOTE);
    this.#replaceIn(start, end, false);
    this.#keep(end);
    this.#writer.byte(QUOTE);
  }
}

function isNumberStart(byte: number): boolean {
  return byte === MINUS || (byte >= 48 && byte <= 57);
}

function isInNumber(byte: number): boolean {
  return isNumberStart(byte) || byte === 43 || byte === 46 || (byte | 32) === 101;
}
