import {
  type ArenaWriter,
  type Batch,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../../batch/index.js';
import type { Encoder } from '../format.js';
import { copyRecords } from '../lines.js';
import { Members } from '../members.js';
import { writePlain } from '../plain.js';

const SPACE = 32;
const QUOTE = 34;
const EQUALS = 61;
const NEWLINE = 10;
const BACKSLASH = 92;
const NULL = new TextEncoder().encode('null');

/**
 * Writes records as `key=value` pairs, absent fields left out, null as `null`, objects and arrays as their JSON text.
 * Values are quoted where they have to be, with the escapes of JSON. What a key must not hold becomes `_`.
 */
export class LogfmtEncoder implements Encoder {
  readonly #keys = new Map<string, Uint8Array>();
  readonly #members = new Members();

  encode(batch: Batch, writer: ArenaWriter): void {
    if (batch.untouched === 'logfmt') {
      copyRecords(batch, writer);
      return;
    }
    const columns = [...batch.columns].map(([name, vector]) => ({ key: this.#keyOf(name), vector }));
    for (let row = 0; row < batch.rows; row++) {
      const start = writer.at;
      if (batch.document) this.#document(batch.document.vector, batch.document.hidden, row, writer, start);
      for (const { key, vector } of columns) {
        if ((vector.uniform ?? vector.tags[row]) === Tag.ABSENT) continue;
        writeKey(writer, key, start);
        writeValue(writer, vector, row);
      }
      writer.byte(NEWLINE);
    }
  }

  #document(
    vector: Vector,
    hidden: ReadonlySet<string>,
    row: number,
    writer: ArenaWriter,
    start: number,
  ): void {
    if ((vector.uniform ?? vector.tags[row]) !== Tag.JSON) return;
    const address = textAddress(vector.views!, row);
    const members = this.#members;
    members.start(writer.arena.bytes, address, address + textLength(vector.views!, row));
    while (members.next()) {
      if (hidden.size === 0 && !members.implied && isKey(writer.arena.bytes, members)) {
        copyKey(writer, members, start);
      } else {
        const name = members.key();
        if (hidden.has(name)) continue;
        writeKey(writer, this.#keyOf(name), start);
      }
      writeJsonValue(writer, members.valueStart, members.valueEnd);
    }
  }

  /** `name=` in UTF-8; few names are met, and those only once each. */
  #keyOf(name: string): Uint8Array {
    let key = this.#keys.get(name);
    if (!key) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they end a key
      const clean = name.replace(/[\u0000-\u0020="]/g, '_') || '_';
      key = new TextEncoder().encode(`${clean}=`);
      if (this.#keys.size < 10_000) this.#keys.set(name, key);
    }
    return key;
  }
}

function writeKey(writer: ArenaWriter, key: Uint8Array, start: number): void {
  if (writer.at > start) writer.byte(SPACE);
  writer.bytes(key);
}

/** Whether the member's key can stand in logfmt as it stands in the JSON text. */
function isKey(bytes: Uint8Array, { keyStart, keyEnd }: Members): boolean {
  return keyEnd > keyStart && !needsQuotes(bytes, keyStart, keyEnd);
}

function copyKey(writer: ArenaWriter, { keyStart, keyEnd }: Members, start: number): void {
  if (writer.at > start) writer.byte(SPACE);
  writer.copy(keyStart, keyEnd - keyStart);
  writer.byte(EQUALS);
}

function writeValue(writer: ArenaWriter, vector: Vector, row: number): void {
  const tag = vector.uniform ?? vector.tags[row];
  if (tag === Tag.NULL) {
    writer.bytes(NULL);
  } else if (tag === Tag.JSON || tag === Tag.TEXT) {
    const start = textAddress(vector.views!, row);
    const end = start + textLength(vector.views!, row);
    if (tag === Tag.JSON) writeJsonValue(writer, start, end);
    else writeText(writer, start, end);
  } else {
    writePlain(writer, vector, row);
  }
}

/** A JSON string needs no new escapes: those of logfmt are the same. */
function writeJsonValue(writer: ArenaWriter, start: number, end: number): void {
  const { bytes } = writer.arena;
  if (bytes[start] !== QUOTE) writeText(writer, start, end);
  else if (needsQuotes(bytes, start + 1, end - 1)) writer.copy(start, end - start);
  else writer.copy(start + 1, end - start - 2);
}

function writeText(writer: ArenaWriter, start: number, end: number): void {
  if (!needsQuotes(writer.arena.bytes, start, end)) {
    writer.copy(start, end - start);
    return;
  }
  writer.byte(QUOTE);
  writer.escaped(start, end - start);
  writer.byte(QUOTE);
}

function needsQuotes(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte <= SPACE || byte === EQUALS || byte === QUOTE || byte === BACKSLASH) return true;
  }
  return false;
}
