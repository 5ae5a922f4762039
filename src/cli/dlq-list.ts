import type { NamedLetter } from '../runtime/index.js';
import { recordOf } from '../workers/index.js';
import {
  type FilterOptions,
  filterOf,
  isFiltered,
  jsonLine,
  printable,
  warnOfDamage,
  withLetters,
} from './dlq.js';
import { ByteStream } from './dlq-output.js';
import { Exit, type Io } from './io.js';
import { clip, formatCount, type Paint, painter, table } from './render.js';

export interface ListOptions extends FilterOptions {
  readonly format: 'table' | 'json';
  readonly limit?: number;
}

const TABLE_LIMIT = 50;
const HEAD = ['id', 'time', 'stage', 'code', 'source', 'position', 'tries', 'message', 'record'];
const RIGHT = new Set([0, 6]);
const POSITION_WIDTH = 32;
const LEAST_TEXT_WIDTH = 24;
const WIDTH_OF_NO_TERMINAL = 180;

/** `millrace dlq list`. */
export function listLetters(file: string, options: ListOptions, io: Io): Promise<number> {
  return withLetters(file, options, io, async ({ letters }) => {
    const filter = filterOf(options);
    const found = letters.select(filter, warnOfDamage(io));
    if (options.format === 'json') await writeJson(found, options.limit, io);
    else await writeTable(found, options.limit ?? TABLE_LIMIT, isFiltered(filter), io);
    return Exit.DONE;
  });
}

async function writeJson(
  found: AsyncIterable<NamedLetter>,
  limit = Number.POSITIVE_INFINITY,
  io: Io,
): Promise<void> {
  const stream = new ByteStream((bytes) => io.out.writeBytes(bytes));
  let count = 0;
  for await (const stored of found) {
    await stream.add(Buffer.from(jsonLine(stored)));
    if (++count === limit) break;
  }
  await stream.end();
}

async function writeTable(
  found: AsyncIterable<NamedLetter>,
  limit: number,
  filtered: boolean,
  io: Io,
): Promise<void> {
  const rows: string[][] = [];
  let more = 0;
  for await (const stored of found) {
    if (rows.length < limit) rows.push(row(stored));
    else more++;
  }
  if (rows.length === 0) {
    io.out.write(filtered ? 'no dead letters like that\n' : 'no dead letters\n');
    return;
  }
  const paint = painter(io.out, io.env);
  const lines = fitted(rows, io.out.isTerminal ? io.out.columns : WIDTH_OF_NO_TERMINAL, paint);
  if (more > 0)
    lines.push(
      '',
      `and ${formatCount(more)} more: --limit shows more of them, --stage, --code and --since fewer`,
    );
  io.out.write(`${lines.join('\n')}\n`);
}

function row({ name, letter }: NamedLetter): string[] {
  const position = `${letter.partition}:${letter.offset}`;
  return [
    name,
    letter.time.replace(/\.\d+Z$/, 'Z'),
    letter.stage,
    letter.code,
    letter.source,
    position.length > POSITION_WIDTH ? `…${position.slice(1 - POSITION_WIDTH)}` : position,
    String(letter.attempts),
    letter.message,
    beginningOf(letter.record ?? recordOf(letter)),
  ].map(printable);
}

const BEGINNING = 120;

function beginningOf(record: string | Uint8Array): string {
  if (typeof record === 'string') return record.slice(0, BEGINNING);
  return `bytes ${Buffer.from(record.subarray(0, BEGINNING / 2)).toString('hex')}`;
}

/** The two columns of text share the width that the others leave. */
function fitted(rows: readonly string[][], width: number, paint: Paint): string[] {
  const texts = HEAD.length - 2;
  const others = table(
    [HEAD, ...rows].map((cells) => cells.slice(0, texts)),
    RIGHT,
  );
  const used = Math.max(...others.map((line) => line.length));
  const messages = Math.max(...rows.map((cells) => cells[texts]!.length), HEAD[texts]!.length);
  const left = Math.max(2 * LEAST_TEXT_WIDTH, width - used - 4);
  const messageWidth = Math.min(messages, Math.max(LEAST_TEXT_WIDTH, left >> 1));
  const clipped = rows.map((cells) => [
    ...cells.slice(0, texts),
    clip(cells[texts]!, messageWidth),
    clip(cells[texts + 1]!, left - messageWidth),
  ]);
  const [head, ...lines] = table([HEAD, ...clipped], RIGHT);
  return [paint('bold', head!), ...lines];
}
