import { isAscii, isUtf8 } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { type Arena, type Records, textVector } from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { type CompiledPattern, compilePattern } from './pattern.js';

type Span = readonly [number, number];

/**
 * Decodes records by a regular expression with named groups. A record that holds only ASCII, or is no UTF-8, is
 * matched byte by byte; any other is matched as Unicode text. The fields are views of the record's own bytes either way.
 */
export class RegexDecoder implements Decoder {
  readonly #pattern: CompiledPattern;

  constructor(pattern: string) {
    // A pattern that backtracks without end on some record goes on in V8's linear-time engine.
    setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
    this.#pattern = compilePattern(pattern);
  }

  decode(arena: Arena, records: Records, wanted: Wanted): Decoded {
    const { expression } = this.#pattern;
    const { count } = records;
    const names = this.#pattern.names.filter((name) => wanted.all || wanted.names.has(name));
    const columns = names.map((name) => ({ name, starts: arena.int32(count), lengths: arena.int32(count) }));
    const refused: Refusal[] = [];
    const bytes = Buffer.from(arena.memory.buffer);
    for (let row = 0; row < count; row++) {
      const start = records.starts[row]!;
      const end = start + records.lengths[row]!;
      const record = bytes.subarray(start, end);
      const unicode = !isAscii(record) && isUtf8(record);
      const text = unicode ? record.toString('utf8') : record.toString('latin1');
      const groups = expression.exec(text)?.indices?.groups as Record<string, Span | undefined> | undefined;
      if (!groups) refused.push({ row, message: 'expected a record that the pattern matches' });
      for (const { name, starts, lengths } of columns) {
        const span = groups?.[name];
        starts[row] = start + (span ? offsetOf(text, span[0], unicode) : 0);
        lengths[row] = span ? start + offsetOf(text, span[1], unicode) - starts[row]! : -1;
      }
    }
    const vectors = columns.map(
      ({ name, starts, lengths }) => [name, textVector(arena, starts, lengths, count)] as const,
    );
    return { columns: new Map(vectors), document: undefined, refused };
  }
}

/** The byte offset of a text's index; an index between two surrogates counts as that of their character. */
function offsetOf(text: string, index: number, unicode: boolean): number {
  if (!unicode) return index;
  const code = text.charCodeAt(index);
  const before = text.charCodeAt(index - 1);
  const split = code >= 0xdc00 && code < 0xe000 && before >= 0xd800 && before < 0xdc00;
  return Buffer.byteLength(text.slice(0, split ? index - 1 : index));
}
