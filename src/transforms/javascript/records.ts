import {
  type Arena,
  ArenaWriter,
  type Batch,
  type Records,
  Tag,
  textAt,
  type Vector,
} from '../../batch/index.js';
import { compileExpression, parseExpression } from '../../expression/index.js';
import { type Decoded, type Decoder, type Encoder, formatNamed, type Wanted } from '../../formats/index.js';

const NEWLINE = 10;
const JSON_FORMAT = { type: 'json' };
const EMPTY_SHAPE = { fields: new Map(), open: true };
const text = new TextDecoder();

/** What a function is told of a record beside its fields. */
export interface RecordMeta {
  readonly id: string;
  readonly source: string;
  readonly file: string;
  readonly offset: number;
  readonly timestamp: string;
  /** What the source of a message said of it, such as `headers`. */
  readonly [name: string]: unknown;
}

/** Turns batches into plain objects, and plain objects into columns again. For user code: it costs an object a record. */
export class RecordObjects {
  readonly #encoder: Encoder = formatNamed('json')!.encoder!.create(JSON_FORMAT, EMPTY_SHAPE);
  readonly #decoder: Decoder = formatNamed('json')!.decoder!.create(JSON_FORMAT);
  readonly #wanted: Wanted;
  readonly #id = compileExpression(parseExpression('meta.id'));
  #ids: Vector | undefined;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  read(arena: Arena, batch: Batch): unknown[] {
    const writer = new ArenaWriter(arena);
    writer.begin();
    // Whole documents that are no objects become objects here, as for all other stages.
    this.#encoder.encode({ ...batch, untouched: undefined }, writer);
    const { start, end } = writer.end();
    this.#ids = this.#id.evaluate(arena, batch);
    const lines = text.decode(arena.bytes.slice(start, end)).split('\n');
    return lines.slice(0, batch.rows).map((line) => JSON.parse(line) as unknown);
  }

  /** Of a row of the batch that was read last. */
  metaOf(arena: Arena, { partition, origin, readAtMs }: Batch, row: number): RecordMeta {
    const { source, name } = partition;
    const offset = origin.offsets[row]!;
    const isSaid = origin.meta && (origin.meta.uniform ?? origin.meta.tags[row]) === Tag.JSON;
    const said = isSaid ? (JSON.parse(textAt(arena, origin.meta!, row)) as object) : {};
    const timestamp = new Date(readAtMs).toISOString();
    return { source, file: name, offset, timestamp, ...said, id: textAt(arena, this.#ids!, row) };
  }

  /** Columns of these JSON texts, which are all objects. */
  write(arena: Arena, documents: readonly string[], offsets: Float64Array, batch: Batch): Decoded {
    const count = documents.length;
    const records: Records = { count, starts: arena.int32(count), lengths: arena.int32(count), offsets };
    const writer = new ArenaWriter(arena);
    writer.begin();
    for (const [i, document] of documents.entries()) {
      records.starts[i] = writer.at;
      writer.text(document);
      records.lengths[i] = writer.at - records.starts[i]!;
      writer.byte(NEWLINE);
    }
    writer.end();
    const { source, name } = batch.partition;
    return this.#decoder.decode(arena, records, this.#wanted, { source, name }, batch.readAtMs);
  }
}
