import type { NamedLetter } from '../runtime/index.js';
import { recordOf } from '../workers/index.js';
import { filterOf, type LetterOptions, printable, warnOfDamage, withLetters } from './dlq.js';
import { Exit, type Io } from './io.js';
import { formatCount, type Paint, painter } from './render.js';

/** `millrace dlq show`. */
export function showLetters(
  file: string,
  names: readonly string[],
  options: LetterOptions,
  io: Io,
): Promise<number> {
  return withLetters(file, options, io, async ({ letters }) => {
    const paint = painter(io.out, io.env);
    const missing = new Set(names);
    let isFirst = true;
    for await (const stored of letters.select(filterOf({}, names), warnOfDamage(io))) {
      missing.delete(stored.name);
      io.out.write(`${isFirst ? '' : '\n'}${description(stored, paint).join('\n')}\n`);
      isFirst = false;
    }
    for (const name of missing) {
      io.err.write(
        `error: there is no dead letter ${name}; "millrace dlq list" shows those that are there\n`,
      );
    }
    return missing.size > 0 ? Exit.FAILED : Exit.DONE;
  });
}

function description({ name, letter }: NamedLetter, paint: Paint): string[] {
  const { stage, code, message, source, partition, offset, attempts, time, pipeline } = letter;
  const rows = [
    ['time', time],
    ['pipeline', pipeline],
    ['stage', stage],
    ['code', code],
    ['message', message],
    ['source', source],
    ['position', `${partition}, byte ${formatCount(offset)}`],
    ['attempts', String(attempts)],
  ];
  const bytes = recordOf(letter);
  const heads = rows.map(([key, value]) => `  ${key!.padEnd(10)}${printable(value!)}`);
  const size = `${formatCount(bytes.length)} ${bytes.length === 1 ? 'byte' : 'bytes'}`;
  return [
    paint('bold', `dead letter ${name}`),
    ...heads,
    `  ${'record'.padEnd(10)}${size}`,
    ...body(letter.record, bytes),
  ];
}

/** As it stands, where that is text that does nothing to a terminal; otherwise as a hex dump. */
function body(text: string | undefined, bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  const lines = text?.split(/\r?\n/) ?? [];
  const isPlain = lines.every((line) => line.split('\t').every((part) => printable(part) === part));
  if (lines.length === 0 || !isPlain) return hexDump(bytes);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

const ROW_BYTES = 16;

/** As `hexdump -C` shows bytes. */
function hexDump(bytes: Uint8Array): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = [...bytes.subarray(at, at + ROW_BYTES)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0'));
    const halves = [hex.slice(0, 8).join(' '), hex.slice(8).join(' ')];
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    const place = at.toString(16).padStart(8, '0');
    rows.push(`${place}  ${halves.join('  ').padEnd(3 * ROW_BYTES)}  |${text.join('')}|`);
  }
  return rows;
}
