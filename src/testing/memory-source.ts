import type { JsonValue } from '../base/json.js';
import {
  type Chunk,
  Framer,
  type FramingOptions,
  type FramingState,
  MessageWriter,
  type Outlet,
  type Partition,
  type Positions,
  type Source,
  type SourceDefinition,
} from '../component/index.js';
import type { TestMessage } from '../plan/index.js';
import type { Faults } from './faults.js';

export interface MemoryInput {
  readonly bytes: Uint8Array;
  /** What `meta.file` says. */
  readonly name: string;
  /** In place of the bytes. */
  readonly messages?: readonly TestMessage[];
  /** When the records are read; without it, now. */
  readonly nowMs: number | undefined;
  readonly faults: Faults;
}

const LONGEST_LINE_BYTES = 2 ** 20;
const NEWLINE = 10;
/** Its input is one part. */
const KEY = 'given';

/** A source that reads what a test gives it, framed as the real one would frame it. */
export function memorySource(input: MemoryInput): SourceDefinition {
  return {
    kind: 'source',
    name: 'given',
    summary: 'Reads what a test gives.',
    fields: [],
    example: 'type: given\n',
    ...(input.messages && { readsMessages: true }),
    create: (config, { framing, preambleLines, stage }) => {
      const partition = { source: stage, name: input.name };
      const options: FramingOptions = {
        framing,
        preambleLines,
        maxLineBytes: (config.max_line_bytes as number | undefined) ?? LONGEST_LINE_BYTES,
        longLines: (config.long_lines as FramingOptions['longLines'] | undefined) ?? 'dead_letter',
      };
      const chunks = (outlet: Outlet, signal: AbortSignal, from: JsonValue | undefined) =>
        input.messages
          ? messageChunks(input.messages, partition, outlet, (from as number | undefined) ?? 0)
          : lineChunks(input, { options, partition, outlet, signal }, from as FramingState | undefined);
      return new MemorySource(input, chunks);
    },
  };
}

type Chunks = (
  outlet: Outlet,
  signal: AbortSignal,
  from: JsonValue | undefined,
) => AsyncGenerator<Chunk, void, undefined>;

class MemorySource implements Source {
  readonly #input: MemoryInput;
  readonly #chunks: Chunks;
  /** A source that commits has durable checkpoints alone. */
  readonly commit?: (positions: Positions) => Promise<void>;
  #committed: JsonValue | undefined;
  #wake = () => {};

  constructor(input: MemoryInput, chunks: Chunks) {
    this.#input = input;
    this.#chunks = chunks;
    if (!input.faults.crashes) return;
    this.commit = async (positions) => {
      this.#committed = positions.get(KEY);
      this.#wake();
    };
  }

  async *read(outlet: Outlet, signal: AbortSignal, from: Positions): AsyncGenerator<Chunk> {
    const { nowMs, faults } = this.#input;
    for await (const chunk of this.#chunks(outlet, signal, from.get(KEY))) {
      faults.countBatch();
      yield nowMs === undefined ? chunk : { ...chunk, readAtMs: nowMs };
      if (faults.nextCrash) await this.#isCommitted(chunk.resume!.position, signal);
    }
  }

  /** Until a crash, a checkpoint follows each batch: so the crash meets one batch, whatever the machine's speed. */
  async #isCommitted(position: JsonValue, signal: AbortSignal): Promise<void> {
    while (this.#committed !== position && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  async close(): Promise<void> {}
}

interface Lines {
  readonly options: FramingOptions;
  readonly partition: Partition;
  readonly outlet: Outlet;
  readonly signal: AbortSignal;
}

/** As large as the pipeline's batches are; where there are faults, of one record each. */
async function* lineChunks(
  { bytes, faults }: MemoryInput,
  { options, partition, outlet, signal }: Lines,
  from: FramingState | undefined,
): AsyncGenerator<Chunk, void, undefined> {
  const resumeOf = (state: FramingState) => ({ key: KEY, position: { ...state } });
  const framer = new Framer(options, partition, from, resumeOf);
  let at = from?.offset ?? 0;
  do {
    const end = faults.hasAny ? bytes.indexOf(NEWLINE, at) + 1 || bytes.length : bytes.length;
    const read = async (into: Uint8Array): Promise<number> => {
      const part = bytes.subarray(at, Math.min(end, at + into.length));
      into.set(part);
      at += part.length;
      return part.length;
    };
    yield* framer.chunks({ read, outlet, signal, isFinal: () => at === bytes.length });
  } while (at < bytes.length && !signal.aborted);
}

/** Each in a chunk of its own: there are few. */
async function* messageChunks(
  messages: readonly TestMessage[],
  partition: Partition,
  outlet: Outlet,
  from: number,
): AsyncGenerator<Chunk, void, undefined> {
  for (let position = from; position < messages.length; position++) {
    const { text, meta } = messages[position]!;
    const said = meta && JSON.stringify(meta);
    const bytes = Buffer.from(text);
    const writer = await MessageWriter.lend(outlet, bytes, said);
    writer.add(bytes, position, said);
    const chunk = writer.chunk(partition, Date.now());
    yield { ...chunk, resume: { key: KEY, position: position + 1 } };
  }
}
