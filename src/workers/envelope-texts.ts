import {
  type Arena,
  ArenaWriter,
  Tag,
  textAddress,
  textLength,
  textVector,
  type Vector,
} from '../batch/index.js';
import { writeAsText } from '../expression/index.js';

const QUOTE = 34;

/**
 * The values as texts, or as JSON texts; absent where they are null. Rows that are errors stay so.
 * @param as what an envelope's value asks for
 */
export function textsOf(arena: Arena, as: 'json' | undefined, vector: Vector): Vector {
  if (as === undefined && (vector.uniform === Tag.TEXT || vector.uniform === Tag.ABSENT)) return vector;
  const rows = vector.length;
  const [starts, lengths] = [arena.int32(rows), arena.int32(rows).fill(-1)];
  const writer = new ArenaWriter(arena);
  writer.begin();
  for (let row = 0; row < rows; row++) {
    const tag = vector.tags[row]!;
    if (tag === Tag.ABSENT || tag === Tag.NULL || tag === Tag.ERROR) continue;
    starts[row] = writer.at;
    if (as === 'json') writeAsJson(writer, vector, row);
    else writeAsText(writer, vector, row);
    lengths[row] = writer.at - starts[row]!;
  }
  writer.end();
  const texts = textVector(arena, starts, lengths, rows);
  return vector.errors ? withErrors(texts, vector) : texts;
}

/** @returns the texts, with the errors where `vector` has them */
function withErrors(texts: Vector, vector: Vector): Vector {
  for (let row = 0; row < texts.length; row++)
    if (vector.tags[row] === Tag.ERROR) texts.tags[row] = Tag.ERROR;
  return { ...texts, uniform: undefined, numbers: vector.numbers, errors: vector.errors! };
}

function writeAsJson(writer: ArenaWriter, vector: Vector, row: number): void {
  const tag = vector.tags[row];
  if (tag === Tag.TEXT) {
    writer.byte(QUOTE);
    writer.escaped(textAddress(vector.views!, row), textLength(vector.views!, row));
    writer.byte(QUOTE);
  } else if (tag === Tag.TIMESTAMP) {
    writer.byte(QUOTE);
    writeAsText(writer, vector, row);
    writer.byte(QUOTE);
  } else if (tag === Tag.DOUBLE && !Number.isFinite(vector.numbers![row]!)) {
    writer.text('null');
  } else {
    writeAsText(writer, vector, row);
  }
}

/** For each row a text that is the same where all of these are: each with its length before it. */
export function keysOf(arena: Arena, texts: readonly Vector[], rows: number): Vector {
  const [starts, lengths] = [arena.int32(rows), arena.int32(rows)];
  const writer = new ArenaWriter(arena);
  writer.begin();
  for (let row = 0; row < rows; row++) {
    starts[row] = writer.at;
    for (const { tags, views } of texts) {
      const length = tags[row] === Tag.ABSENT ? -1 : textLength(views!, row);
      for (let shift = 0; shift < 32; shift += 8) writer.byte((length >>> shift) & 0xff);
      if (length > 0) writer.copy(textAddress(views!, row), length);
    }
    lengths[row] = writer.at - starts[row]!;
  }
  writer.end();
  return textVector(arena, starts, lengths, rows);
}
