import { Arena, type Batch } from '../batch/index.js';
import type { Chunk } from '../component/index.js';
import { compileExpression, type Expression, jsonOfRow, type Program } from '../expression/index.js';
import { type Decoder, type FormatConfig, type Framing, formatNamed } from '../formats/index.js';
import { type Cutter, framingCutter, inputOfChunk, messageCutter, placeMessages } from './cutter.js';

const MAX_RECORDS = 65_536;

/** What an expression gave for one record: a JSON text, or why there is none. */
export type Evaluated = { readonly json: string } | { readonly failure: string };

/** Evaluates one expression for each record of a source's chunks, as a filter or map would, but in the main thread. */
export class RecordEvaluator {
  readonly #arena = new Arena();
  readonly #program: Program;
  readonly #names: ReadonlySet<string>;
  readonly #decoder: Decoder;
  readonly #framing: Framing;

  /** @param framing where it is another than the format's */
  constructor(expression: Expression, format: FormatConfig, framing?: Framing) {
    const definition = formatNamed(format.type)!.decoder!;
    this.#program = compileExpression(expression);
    this.#names = expression.names;
    this.#decoder = definition.create(format);
    this.#framing = framing ?? definition.framing(format);
  }

  /** One for each record of the chunk, those that were refused among them, in their order. */
  *evaluate(chunk: Chunk): Generator<Evaluated> {
    const arena = this.#arena;
    arena.reset();
    const cutter = this.#place(chunk);
    const { top } = arena;
    const tooLong = [...(chunk.refused ?? [])];
    for (let at = cutter.from; at < cutter.to; ) {
      arena.reset(top);
      const framed = cutter.cut(at, MAX_RECORDS);
      const results = this.#evaluateRecords(chunk, framed.records);
      for (const [row, result] of results.entries()) {
        while (tooLong.length > 0 && tooLong[0]!.offset < framed.records.offsets[row]!) {
          yield { failure: tooLong.shift()!.message };
        }
        yield result;
      }
      at = framed.next;
    }
    for (const { message } of tooLong) yield { failure: message };
  }

  #place(chunk: Chunk): Cutter {
    const arena = this.#arena;
    if (chunk.messages) {
      const input = inputOfChunk(chunk);
      return messageCutter(arena, placeMessages(arena, input, input.messages!));
    }
    const from = arena.place(chunk.bytes);
    const to = from + chunk.bytes.length;
    arena.bytes[to] = 0;
    return framingCutter(arena, this.#framing, { from, to }, chunk.offset - from);
  }

  #evaluateRecords({ partition, readAtMs }: Chunk, records: Batch['origin']): Evaluated[] {
    const arena = this.#arena;
    const wanted = { names: this.#names, all: false };
    const { columns, document, refused } = this.#decoder.decode(arena, records, wanted, partition, readAtMs);
    const untouched = undefined;
    const batch = { rows: records.count, columns, document, origin: records, untouched, partition, readAtMs };
    const vector = this.#program.evaluate(arena, batch);
    const refusals = new Map(refused.map(({ row, message }) => [row, message]));
    return Array.from({ length: records.count }, (_, row) => {
      const refusal = refusals.get(row);
      if (refusal !== undefined) return { failure: refusal };
      const json = jsonOfRow(arena, vector, row);
      return typeof json === 'string' ? { json } : json;
    });
  }
}
