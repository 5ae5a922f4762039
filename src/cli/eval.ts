import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  type Chunk,
  checkMultiline,
  Framer,
  type FramingOptions,
  formatField,
  MULTILINE_FIELD,
  type Outlet,
} from '../component/index.js';
import {
  checkValue,
  type Field,
  FieldError,
  formatProblem,
  lineAndColumn,
  Problems,
  readSmallFile,
  readYaml,
  sourceOf,
} from '../config/index.js';
import { type Expression, parseExpression } from '../expression/index.js';
import {
  type FormatConfig,
  type Framing,
  formatNamed,
  type MultilineConfig,
  multilineFraming,
} from '../formats/index.js';
import { RecordEvaluator } from '../workers/index.js';
import { Exit, type Io } from './io.js';
import { cannotRead } from './load.js';

export interface EvalOptions {
  readonly input?: string;
  readonly format: string;
  readonly multiline?: string;
}

/** How records are found and taken apart. */
interface Reading {
  readonly format: FormatConfig;
  readonly framing: Framing;
}

const BATCH_BYTES = 1024 * 1024;
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Chunks are read one after the other, and forgotten. */
const outlet: Outlet = {
  lend: async (bytes) => new ArrayBuffer(bytes),
  giveBack: () => {},
  batchBytes: BATCH_BYTES,
  lingerMs: 0,
};
const never = new AbortController().signal;

/** `millrace eval`: prints what an expression gives for each record of the input. */
export async function evalVerb(text: string, options: EvalOptions, io: Io): Promise<number> {
  const expression = readExpression(text, io);
  const readsInput = options.input !== undefined || (expression?.names.size ?? 0) > 0;
  const reading = readReading(readsInput ? options : { format: 'json' }, io);
  if (!expression || !reading) return Exit.CONFIGURATION;
  const evaluator = new RecordEvaluator(expression, reading.format, reading.framing);
  if (!readsInput) return evaluateAll(evaluator, emptyRecord(), io);
  const isStdin = options.input === undefined || options.input === '-';
  const name = isStdin ? 'standard input' : options.input!;
  const stream = isStdin ? process.stdin : createReadStream(options.input!, { highWaterMark: BATCH_BYTES });
  try {
    return await evaluateAll(evaluator, chunksOf(stream, name, reading), io);
  } catch (error) {
    if (stream.errored !== error) throw error;
    io.err.write(`error: ${name}: ${cannotRead(name, error).message}\n`);
    return Exit.FAILED;
  }
}

async function evaluateAll(
  evaluator: RecordEvaluator,
  chunks: AsyncIterable<Chunk>,
  io: Io,
): Promise<number> {
  let record = 0;
  let failed = 0;
  for await (const chunk of chunks) {
    const lines: string[] = [];
    for (const result of evaluator.evaluate(chunk)) {
      record++;
      if ('json' in result) lines.push(`${result.json}\n`);
      else {
        failed++;
        io.err.write(`record ${record}: ${result.failure}\n`);
      }
    }
    await io.out.writeBytes(Buffer.from(lines.join('')));
  }
  if (failed === 0) return Exit.DONE;
  io.err.write(`error: the expression failed for ${failed} of ${record} records\n`);
  return Exit.FAILED;
}

/** An expression that reads no field has one value, and waits for no input: it is evaluated for an empty record. */
async function* emptyRecord(): AsyncGenerator<Chunk> {
  const bytes = new TextEncoder().encode('{}\n');
  yield { partition: { source: 'input', name: '-' }, bytes, offset: 0, readAtMs: Date.now() };
}

async function* chunksOf(
  stream: Readable,
  name: string,
  { format, framing }: Reading,
): AsyncGenerator<Chunk> {
  const options: FramingOptions = {
    framing,
    preambleLines: formatNamed(format.type)!.decoder!.preambleLines?.(format) ?? 0,
    maxLineBytes: MAX_LINE_BYTES,
    longLines: 'dead_letter',
  };
  const framer = new Framer(options, { source: 'input', name });
  for await (const piece of stream as AsyncIterable<Buffer>) {
    let at = 0;
    const read = async (into: Uint8Array): Promise<number> => {
      const part = piece.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return part.length;
    };
    while (at < piece.length) yield* framer.chunks({ read, outlet, signal: never, isFinal: () => false });
  }
  yield* framer.chunks({ read: async () => 0, outlet, signal: never, isFinal: () => true });
}

/** Prints what is wrong with an expression, and gives undefined. */
export function readExpression(text: string, io: Io): Expression | undefined {
  try {
    return parseExpression(text);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const source = sourceOf('expression', text);
    const { line, column } = lineAndColumn({ source, offset: error.offset });
    const { message, suggestion } = error;
    const problem = { file: source.file, line, column, path: '', message };
    io.err.write(`${formatProblem(suggestion === undefined ? problem : { ...problem, suggestion })}\n`);
    io.err.write(`${excerpt(text, line, column)}\n`);
    return undefined;
  }
}

/** The line, and a mark under the column. */
function excerpt(text: string, line: number, column: number): string {
  const shown = text.split('\n')[line - 1]!;
  const before = shown.slice(0, column - 1).replace(/[^\t]/gu, ' ');
  return `  ${shown}\n  ${before}^`;
}

/** Prints what is wrong with the options, and gives undefined. */
function readReading(
  { format: formatText, multiline: multilineText }: EvalOptions,
  io: Io,
): Reading | undefined {
  const format = readOption('format', formatText, formatField('decoder', 'json'), io);
  const isGrouped = multilineText !== undefined;
  const multiline = isGrouped ? readOption('multiline', multilineText, MULTILINE_FIELD, io) : undefined;
  if (!format || (isGrouped && !multiline)) return undefined;
  const problems = checkMultiline({ format, multiline });
  for (const { message } of problems) io.err.write(`--multiline: ${message}\n`);
  if (problems.length > 0) return undefined;
  const config = format as FormatConfig;
  const framing = multiline
    ? multilineFraming(multiline as MultilineConfig)
    : formatNamed(config.type)!.decoder!.framing(config);
  return { format: config, framing };
}

/** An option that is a value as it stands in a pipeline: a word, or a map with `type`. */
function readOption(name: string, text: string, { type }: Field, io: Io): unknown {
  const problems = new Problems();
  const node = readYaml(text, `--${name}`, { env: io.env, readFile: readSmallFile }, problems);
  const config = node && checkValue(node, type, { problems, path: '' });
  for (const problem of problems.sorted()) io.err.write(`${formatProblem(problem)}\n`);
  return problems.count === 0 ? config : undefined;
}
