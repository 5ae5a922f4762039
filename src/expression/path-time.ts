import { TIME_CONVERSIONS } from '../base/strftime.js';
import { type Arena, type ArenaWriter, type Batch, Tag, textAt, type Vector } from '../batch/index.js';
import type { TextPart } from './template.js';
import { parseTimestamp } from './time.js';

/** So many texts of times are kept; times come in order, more or less. */
const MOST_KEPT = 1024;

const CONVERSION = /%(.?)/gs;

/**
 * Splits a text with conversions (`logs/%Y-%m-%d.log`): what comes before the first, all from there to the last, and the rest.
 * A text without conversions is the first of the three; `%%` is a percent sign.
 */
export function splitAtTimes(text: string): {
  readonly before: string;
  readonly times: string;
  readonly after: string;
  readonly wrong: string | undefined;
} {
  const found = [...text.matchAll(CONVERSION)].filter(([, letter]) => letter !== '%');
  const wrong = found.find(([, letter]) => !TIME_CONVERSIONS.has(letter!))?.[0];
  const first = found[0]?.index ?? text.length;
  const last = found.at(-1);
  const end = last ? last.index + last[0].length : text.length;
  return {
    before: undoPercents(text.slice(0, first)),
    times: text.slice(first, end),
    after: undoPercents(text.slice(end)),
    wrong,
  };
}

/** What can be written, for messages. */
export const KNOWN_CONVERSIONS = [...TIME_CONVERSIONS.keys()].map((letter) => `%${letter}`).join(' ');

function undoPercents(text: string): string {
  return text.replaceAll('%%', '%');
}

/** A text with conversions, for one thread. */
export class TimePart {
  readonly #time: TextPart;
  readonly #write: (date: Date) => string;
  readonly #unitSeconds: number;
  /** By the number of the unit. */
  readonly #texts = new Map<number, Uint8Array>();

  /** @param text such as `%Y/%m` */
  constructor(text: string, time: TextPart) {
    const units = [...text.matchAll(CONVERSION)].map(
      ([, letter]) => TIME_CONVERSIONS.get(letter!)?.unitSeconds,
    );
    this.#time = time;
    this.#write = (date) =>
      text.replaceAll(CONVERSION, (_, letter: string) => TIME_CONVERSIONS.get(letter)?.write(date) ?? letter);
    this.#unitSeconds = Math.min(...units.filter((unit) => unit !== undefined));
  }

  evaluate(arena: Arena, batch: Batch): { write(writer: ArenaWriter, row: number): string | undefined } {
    const times = this.#time.evaluate(arena, batch);
    const readAtSeconds = batch.readAtMs / 1000;
    return {
      write: (writer, row) => {
        const seconds = secondsAt(arena, times, row, readAtSeconds);
        if (typeof seconds === 'string') return seconds;
        const text = this.#textAt(Math.floor(seconds / this.#unitSeconds));
        if (!text) return 'its time is out of range';
        writer.bytes(text);
        return undefined;
      },
    };
  }

  #textAt(unit: number): Uint8Array | undefined {
    let text = this.#texts.get(unit);
    if (text) return text;
    const date = new Date(unit * this.#unitSeconds * 1000);
    if (Number.isNaN(date.getTime())) return undefined;
    text = new TextEncoder().encode(this.#write(date));
    if (this.#texts.size === MOST_KEPT) this.#texts.clear();
    this.#texts.set(unit, text);
    return text;
  }
}

/** Seconds since 1970, or why there are none. */
function secondsAt(arena: Arena, times: Vector, row: number, readAtSeconds: number): number | string {
  switch (times.tags[row]) {
    case Tag.TIMESTAMP:
      return times.numbers![row]! / 1e6;
    case Tag.ABSENT:
    case Tag.NULL:
      return readAtSeconds;
    case Tag.ERROR:
      return `its time: ${times.errors?.[times.numbers![row]!] ?? 'an error'}`;
    case Tag.TEXT: {
      const text = textAt(arena, times, row);
      const nanos = parseTimestamp(text);
      if (nanos !== undefined) return Number(nanos / 1_000_000n) / 1000;
      return `its time ${JSON.stringify(text.slice(0, 40))} is not in RFC 3339`;
    }
    default:
      return 'its time is neither a timestamp nor a text in RFC 3339';
  }
}
