import { Arena, type Batch } from '../batch/index.js';
import type { Chunk } from '../component/index.js';
import { compileExpression, type Expression, jsonOfRow, type Program } from '../expression/index.js';
import { type Decoder, type FormatConfig, type Framing, formatNamed, frame } from '../formats/index.js';

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

  constructor(expression: Expression, format: FormatConfig) {
    const definition = formatNamed(format.type)!.decoder!;
    this.#program = compileExpression(expression);
    this.#names = expression.names;
    this.#decoder = definition.create(format);
    this.#framing = definition.framing;
  }

  /** One for each record of the chunk, those that were refused among them, in their order. */
  *evaluate(chunk: Chunk): Generator<Evaluated> {
    const arena = this.#arena;
    arena.reset();
    const start = arena.place(chunk.bytes);
    const end = start + chunk.bytes.length;
    arena.bytes[end] = 0;
    const top = arena.top;
    const tooLong = [...(chunk.refused ?? [])];
    for (let at = start; at < end; ) {
      arena.reset(top);
      const framed = frame(arena, this.#framing, at, end, MAX_RECORDS, chunk.offset - start);
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
