import { isDigit } from '../../base/ascii.js';
import { type Arena, type Records, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { JsonDecoder } from '../json/decode.js';
import { numberAt } from '../line/index.js';
import { GelfRules, isNumber } from './rules.js';

const QUOTE = 34;
const POINT = 46;
const MESSAGE = 'short_message';
const TIMESTAMP = 'timestamp';
const NO_TIME = `expected seconds since 1970 as "${TIMESTAMP}"`;
/** Times of a thousand years and more from now are none. */
const MAX_SECONDS = 1e11;

/** Decodes GELF messages: JSON objects whose `timestamp` tells seconds since 1970. */
export class GelfDecoder implements Decoder {
  readonly #json = new JsonDecoder();
  readonly #rules: GelfRules | undefined;
  #wanted: Wanted | undefined;
  #needed: Wanted = { names: new Set(), all: false };

  constructor(isStrict: boolean) {
    this.#rules = isStrict ? new GelfRules() : undefined;
  }

  decode(arena: Arena, records: Records, wanted: Wanted): Decoded {
    if (wanted !== this.#wanted) {
      this.#wanted = wanted;
      const names = new Set([...wanted.names, MESSAGE, TIMESTAMP]);
      this.#needed = { names, all: wanted.all || this.#rules !== undefined };
    }
    const { columns, document, refused } = this.#json.decode(arena, records, this.#needed);
    const members = new Map(document?.members ?? columns);
    const times = timesOf(arena, members.get(TIMESTAMP)!);
    const refusals = this.#refusals(arena, document?.vector, members, times, refused);
    const accepted = (vector: Vector): Vector => without(vector, refusals);
    const found = new Map<string, Vector>();
    for (const name of wanted.names)
      found.set(name, accepted(name === TIMESTAMP ? times : members.get(name)!));
    if (!wanted.all) return { columns: found, document: undefined, refused: refusals };
    found.delete(TIMESTAMP);
    return {
      columns: new Map([[TIMESTAMP, accepted(times)]]),
      document: { vector: accepted(document!.vector), hidden: new Set([TIMESTAMP]), members: found },
      refused: refusals,
    };
  }

  #refusals(
    arena: Arena,
    documents: Vector | undefined,
    members: ReadonlyMap<string, Vector>,
    times: Vector,
    refused: readonly Refusal[],
  ): Refusal[] {
    const message = members.get(MESSAGE)!;
    const refusals: Refusal[] = [];
    let next = 0;
    for (let row = 0; row < message.length; row++) {
      if (refused[next]?.row === row) {
        refusals.push(refused[next++]!);
        continue;
      }
      const problem =
        this.#broken(arena, documents, row) ??
        problemOf(arena, message, row) ??
        (times.tags[row] === Tag.ERROR ? NO_TIME : undefined);
      if (problem !== undefined) refusals.push({ row, message: problem });
    }
    return refusals;
  }

  #broken(arena: Arena, documents: Vector | undefined, row: number): string | undefined {
    if (!this.#rules) return undefined;
    const start = textAddress(documents!.views!, row);
    return this.#rules.problem(arena.bytes, start, start + textLength(documents!.views!, row));
  }
}

function tagOf({ uniform, tags }: Vector, row: number): number {
  return uniform ?? tags[row]!;
}

function problemOf(arena: Arena, message: Vector, row: number): string | undefined {
  if (tagOf(message, row) === Tag.ABSENT) return `expected a JSON object with the member "${MESSAGE}"`;
  if (arena.bytes[textAddress(message.views!, row)] !== QUOTE) return `expected a text as "${MESSAGE}"`;
  return undefined;
}

/** Microseconds since 1970 of each row's timestamp, ABSENT where it has none or null, ERROR where it is no time. */
function timesOf(arena: Arena, timestamps: Vector): Vector {
  const { length } = timestamps;
  const tags = arena.uint8(length);
  const numbers = arena.float64(length);
  for (let row = 0; row < length; row++) {
    tags[row] = Tag.ABSENT;
    if (tagOf(timestamps, row) === Tag.ABSENT) continue;
    const start = textAddress(timestamps.views!, row);
    const end = start + textLength(timestamps.views!, row);
    if (isNull(arena.bytes, start)) continue;
    const seconds = secondsAt(arena.bytes, start, end);
    tags[row] = Math.abs(seconds) < MAX_SECONDS ? Tag.TIMESTAMP : Tag.ERROR;
    numbers[row] = Math.round(seconds * 1e6);
  }
  return { length, tags, uniform: undefined, numbers, views: undefined };
}

/** Whether the JSON value at this address is `null`: no other begins with an n. */
function isNull(bytes: Uint8Array, address: number): boolean {
  return bytes[address] === 110;
}

/** The number, or the number in a string; NaN when it is none. */
function secondsAt(bytes: Uint8Array, start: number, end: number): number {
  const isQuoted = bytes[start] === QUOTE;
  const from = isQuoted ? start + 1 : start;
  const to = isQuoted ? end - 1 : end;
  if (from === to || !isNumber(bytes[from]!)) return Number.NaN;
  let points = 0;
  for (let at = from; at < to; at++) {
    if (bytes[at] === POINT) points++;
    else if (!isDigit(bytes[at]!)) points = 2;
  }
  if (points < 2) return numberAt(bytes, from, to);
  return Number(Buffer.from(bytes.subarray(from, to)).toString('latin1'));
}

/** The vector without the rows that were refused. */
function without(vector: Vector, refusals: readonly Refusal[]): Vector {
  if (refusals.length === 0 || vector.uniform === Tag.ABSENT) return vector;
  for (const { row } of refusals) vector.tags[row] = Tag.ABSENT;
  return { ...vector, uniform: undefined };
}
