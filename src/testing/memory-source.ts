import {
  type Chunk,
  Framer,
  type FramingOptions,
  MessageWriter,
  type Outlet,
  type Partition,
  type SourceDefinition,
} from '../component/index.js';
import type { TestMessage } from '../plan/index.js';

export interface MemoryInput {
  readonly bytes: Uint8Array;
  /** What `meta.file` says. */
  readonly name: string;
  /** In place of the bytes. */
  readonly messages?: readonly TestMessage[];
  /** When the records are read; without it, now. */
  readonly nowMs: number | undefined;
}

const LONGEST_LINE_BYTES = 2 ** 20;

/** A source that reads what a test gives it, framed as the real one would frame it. */
export function memorySource({ bytes, name, nowMs, messages }: MemoryInput): SourceDefinition {
  return {
    kind: 'source',
    name: 'given',
    summary: 'Reads what a test gives.',
    fields: [],
    example: 'type: given\n',
    ...(messages && { readsMessages: true }),
    create: (config, { framing, preambleLines, stage }) => {
      const partition = { source: stage, name };
      if (messages)
        return {
          read: (outlet) => readMessages(messages, partition, nowMs ?? Date.now(), outlet),
          close: async () => {},
        };
      const options: FramingOptions = {
        framing,
        preambleLines,
        maxLineBytes: (config.max_line_bytes as number | undefined) ?? LONGEST_LINE_BYTES,
        longLines: (config.long_lines as FramingOptions['longLines'] | undefined) ?? 'dead_letter',
      };
      const framer = new Framer(options, partition);
      let at = 0;
      const read = async (into: Uint8Array): Promise<number> => {
        const part = bytes.subarray(at, at + into.length);
        into.set(part);
        at += part.length;
        return part.length;
      };
      return {
        async *read(outlet, signal): AsyncGenerator<Chunk> {
          for await (const chunk of framer.chunks({ read, outlet, signal, isFinal: () => true }))
            yield nowMs === undefined ? chunk : { ...chunk, readAtMs: nowMs };
        },
        close: async () => {},
      };
    },
  };
}

/** Each in a chunk of its own: there are few. */
async function* readMessages(
  messages: readonly TestMessage[],
  partition: Partition,
  nowMs: number,
  outlet: Outlet,
): AsyncGenerator<Chunk> {
  for (const [position, { text, meta }] of messages.entries()) {
    const said = meta && JSON.stringify(meta);
    const bytes = Buffer.from(text);
    const writer = await MessageWriter.lend(outlet, bytes, said);
    writer.add(bytes, position, said);
    yield writer.chunk(partition, nowMs);
  }
}
