import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError, messageOf } from '../base/errors.js';
import type { NamedLetter } from '../runtime/index.js';
import { recordOf } from '../workers/index.js';
import { type FilterOptions, filterOf, jsonLine, letterCount, warnOfDamage, withLetters } from './dlq.js';
import { ByteStream } from './dlq-output.js';
import { Exit, type Io } from './io.js';

export interface ExportOptions extends FilterOptions {
  readonly output?: string;
  readonly raw?: boolean;
}

/** `millrace dlq export`. */
export function exportLetters(
  file: string,
  names: readonly string[],
  options: ExportOptions,
  io: Io,
): Promise<number> {
  return withLetters(file, options, io, async ({ letters }) => {
    const found = letters.select(filterOf(options, names), warnOfDamage(io));
    const encode = options.raw ? rawLine : (stored: NamedLetter) => Buffer.from(jsonLine(stored));
    if (options.output === undefined) {
      await writeAll(found, encode, (bytes) => io.out.writeBytes(bytes));
      return Exit.DONE;
    }
    const count = await writeFile(options.output, (write) => writeAll(found, encode, write));
    io.err.write(`${letterCount(count)} written to ${options.output}\n`);
    return Exit.DONE;
  });
}

type Write = (bytes: Uint8Array) => Promise<void>;

async function writeAll(
  found: AsyncIterable<NamedLetter>,
  encode: (stored: NamedLetter) => Uint8Array,
  write: Write,
): Promise<number> {
  const stream = new ByteStream(write);
  let count = 0;
  for await (const stored of found) {
    await stream.add(encode(stored));
    count++;
  }
  await stream.end();
  return count;
}

const NEWLINE = 0x0a;

function rawLine({ letter }: NamedLetter): Uint8Array {
  const bytes = recordOf(letter);
  return bytes.at(-1) === NEWLINE ? bytes : Buffer.concat([bytes, Buffer.of(NEWLINE)]);
}

/** The letters may be discarded next, so the file is safe on the disk before anything says that it is written. */
async function writeFile(path: string, fill: (write: Write) => Promise<number>): Promise<number> {
  const handle = await openNew(path);
  try {
    const count = await fill((bytes) => handle.writeFile(bytes));
    await handle.sync().catch(ignoreUnlessDisk);
    return count;
  } finally {
    await handle.close();
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EEXIST'
        ? 'is there already, and is not overwritten'
        : `cannot be written: ${messageOf(error)}`;
    throw new MillraceError('output_not_writable', `${path} ${reason}`, { blame: 'config', cause: error });
  }
}

/** Pipes and devices cannot be synced, and need not be. */
function ignoreUnlessDisk(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error;
}
