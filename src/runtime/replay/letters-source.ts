import { type Chunk, MessageWriter, type Outlet, type SourceDefinition } from '../../component/index.js';
import { type DeadLetter, recordOf } from '../../workers/index.js';
import type { NamedLetter } from '../dead-letters/index.js';

/** Where the source is, in the checkpoints of a replay: at the number of the last letter. */
export const LETTERS_KEY = 'letters';

const NEWLINE = 10;

/**
 * In the place of a source: gives the original records of dead letters, each with its place.
 * @param readsMessages as the source does; otherwise each record is a line
 */
export function lettersSource(
  letters: () => AsyncIterable<NamedLetter>,
  mapped: (record: Uint8Array) => Uint8Array,
  readsMessages: boolean,
): SourceDefinition {
  return {
    kind: 'source',
    ...(readsMessages && { readsMessages }),
    name: 'letters',
    summary: 'Reads dead letters.',
    fields: [],
    example: 'type: letters\n',
    create: () => ({
      async *read(outlet, signal): AsyncGenerator<Chunk> {
        for await (const { id, letter } of letters()) {
          if (signal.aborted) return;
          const record = mapped(recordOf(letter));
          const resume = { key: LETTERS_KEY, position: id };
          const chunk = readsMessages
            ? await messageOf(letter, record, outlet)
            : await lineOf(letter, record, outlet);
          yield { ...chunk, resume };
        }
      },
      close: async () => {},
    }),
  };
}

async function lineOf(letter: DeadLetter, record: Uint8Array, outlet: Outlet): Promise<Chunk> {
  const buffer = await outlet.lend(record.length + 1);
  const bytes = new Uint8Array(buffer, 0, record.length + 1);
  bytes.set(record);
  bytes[record.length] = NEWLINE;
  return { partition: partitionOf(letter), bytes, offset: letter.offset, readAtMs: Date.parse(letter.time) };
}

async function messageOf(letter: DeadLetter, record: Uint8Array, outlet: Outlet): Promise<Chunk> {
  const meta = letter.meta === undefined ? undefined : JSON.stringify(letter.meta);
  const writer = await MessageWriter.lend(outlet, record, meta);
  writer.add(record, letter.offset, meta);
  return writer.chunk(partitionOf(letter), Date.parse(letter.time));
}

function partitionOf({ source, partition, preamble_base64 }: DeadLetter): Chunk['partition'] {
  const where = { source, name: partition };
  if (preamble_base64 === undefined) return where;
  return { ...where, preamble: Uint8Array.from(Buffer.from(preamble_base64, 'base64')) };
}
