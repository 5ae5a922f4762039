import { type Chunk, Framer, type FramingOptions, type SourceDefinition } from '../component/index.js';

export interface MemoryInput {
  readonly bytes: Uint8Array;
  /** What `meta.file` says. */
  readonly name: string;
  /** When the records are read; without it, now. */
  readonly nowMs: number | undefined;
}

const LONGEST_LINE_BYTES = 2 ** 20;

/** A source that reads what a test gives it, framed as the real one would frame it. */
export function memorySource({ bytes, name, nowMs }: MemoryInput): SourceDefinition {
  return {
    kind: 'source',
    name: 'given',
    summary: 'Reads what a test gives.',
    fields: [],
    example: 'type: given\n',
    create: (config, { framing, preambleLines, stage }) => {
      const options: FramingOptions = {
        framing,
        preambleLines,
        maxLineBytes: (config.max_line_bytes as number | undefined) ?? LONGEST_LINE_BYTES,
        longLines: (config.long_lines as FramingOptions['longLines'] | undefined) ?? 'dead_letter',
      };
      const framer = new Framer(options, { source: stage, name });
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
