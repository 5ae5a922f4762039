import type { IncomingMessage } from 'node:http';
import { linesOf } from '#component';
import { Refusal } from './refusal.js';

/** How a body is cut into records; `auto`: as its Content-Type says. */
export type BodyFraming = 'auto' | 'message' | 'lines';

const LINE_TYPES = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'text/plain',
  'text/csv',
]);

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const COMMA = 44;
const SPACE = 32;

/**
 * The records of a body: its lines, or the items of its JSON array, or all of it. Lines of nothing but white space are none.
 * @throws Refusal where there are more than `maxRecords`, or an array does not end
 */
export function recordsOf(
  body: Uint8Array,
  framing: BodyFraming,
  { headers }: Pick<IncomingMessage, 'headers'>,
  maxRecords: number,
): Uint8Array[] {
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  const isLines = framing === 'lines' || (framing === 'auto' && LINE_TYPES.has(type));
  const isJson = framing === 'auto' && (type === 'application/json' || type.endsWith('+json'));
  if (isLines) return take(nonBlank(linesOf(body)), maxRecords);
  return isJson && first(body) === OPEN_ARRAY ? take(itemsOf(body), maxRecords) : [body];
}

function take(records: Iterable<Uint8Array>, maxRecords: number): Uint8Array[] {
  const taken: Uint8Array[] = [];
  for (const record of records) {
    if (taken.length === maxRecords) throw Refusal.tooManyRecords(maxRecords);
    taken.push(record);
  }
  return taken;
}

function* nonBlank(lines: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const line of lines) if (first(line) !== undefined) yield line;
}

/** The first byte that is no white space. */
function first(bytes: Uint8Array): number | undefined {
  return bytes.find((byte) => byte > SPACE);
}

/** The items of a JSON array as they stand. What is wrong within an item is for its decoder to say. */
function* itemsOf(body: Uint8Array): Generator<Uint8Array> {
  let depth = 0;
  let start = 0;
  let hasItem = false;
  let at = 0;
  for (; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === QUOTE) {
      at = endOfString(body, at);
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth === 1) start = at + 1;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      if (--depth === 0) break;
    } else if (byte === COMMA && depth === 1) {
      yield trimmed(body, start, at);
      start = at + 1;
      hasItem = true;
    }
  }
  const last = trimmed(body, start, Math.min(at, body.length));
  if (at >= body.length || first(body.subarray(at + 1)) !== undefined || body[at] !== CLOSE_ARRAY) {
    throw new Refusal(400, 'wrong_json', 'the body begins as a JSON array, and does not end as one');
  }
  // Behind a comma there is an item, if an empty one: the decoder refuses it.
  if (last.length > 0 || hasItem) yield last;
}

/** Where the string that opens at `start` has its last quote. */
function endOfString(body: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at;
}

function trimmed(body: Uint8Array, start: number, end: number): Uint8Array {
  let [from, to] = [start, end];
  while (from < to && body[from]! <= SPACE) from++;
  while (to > from && body[to - 1]! <= SPACE) to--;
  return body.subarray(from, to);
}
