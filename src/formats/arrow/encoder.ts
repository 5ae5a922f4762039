import type * as Arrow from 'apache-arrow';
import type { ArenaWriter, Batch, FieldKind, Shape, Vector } from '../../batch/index.js';
import { DOCUMENT_COLUMN, DocumentWriter } from '../columnar/documents.js';
import { buildViews } from '../columnar/texts.js';
import {
  buildDoubles,
  buildInt64s,
  columnOf,
  toBitmap,
  writeJsonText,
  writeTextValue,
} from '../columnar/values.js';
import type { Encoder } from '../format.js';
import { DOCUMENT_MARK, JSON_EXTENSION, loadArrow } from './load.js';

/** The end of a stream: a continuation marker and a length of zero. */
const END_OF_STREAM = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);

/**
 * Writes batches as an Arrow IPC stream (https://arrow.apache.org/docs/format/Columnar.html): the schema is the header,
 * each batch one record-batch message. Fields of a kind that only the data knows are `arrow.json` texts.
 */
export class ArrowEncoder implements Encoder {
  readonly header: Uint8Array;
  readonly footer = END_OF_STREAM;
  readonly #arrow: typeof Arrow;
  readonly #schema: Arrow.Schema;
  readonly #shape: Shape;
  readonly #documents: DocumentWriter | undefined;

  constructor(shape: Shape) {
    this.#arrow = loadArrow();
    this.#shape = shape;
    this.#documents = shape.open ? new DocumentWriter(shape) : undefined;
    const fields = [...shape.fields].map(([name, kind]) => this.#field(name, kind));
    if (shape.open) fields.push(this.#field(DOCUMENT_COLUMN, 'any', [...JSON_EXTENSION, DOCUMENT_MARK]));
    this.#schema = new this.#arrow.Schema(fields);
    const writer = new this.#arrow.RecordBatchStreamWriter();
    writer.reset(undefined, this.#schema);
    writer.finish();
    this.header = writer.toUint8Array(true).slice(0, -END_OF_STREAM.length);
  }

  encode(batch: Batch, writer: ArenaWriter): void {
    if (batch.rows === 0) return;
    const arrow = this.#arrow;
    const children = [...this.#shape.fields].map(([name, kind]) => this.#column(batch, name, kind, writer));
    if (this.#documents)
      children.push(this.#texts(batch.rows, writer, this.#documents.rowsOf(batch, writer)));
    const type = new arrow.Struct(this.#schema.fields);
    const data = arrow.makeData({ type, length: batch.rows, nullCount: 0, children });
    const stream = new arrow.RecordBatchStreamWriter();
    stream.write(new arrow.RecordBatch(this.#schema, data));
    stream.finish();
    writer.bytes(stream.toUint8Array(true).subarray(this.header.length, -END_OF_STREAM.length));
  }

  #field(name: string, kind: FieldKind, marks = JSON_EXTENSION): Arrow.Field {
    const arrow = this.#arrow;
    switch (kind) {
      case 'int':
        return new arrow.Field(name, new arrow.Int64(), true);
      case 'double':
        return new arrow.Field(name, new arrow.Float64(), true);
      case 'bool':
        return new arrow.Field(name, new arrow.Bool(), true);
      case 'timestamp':
        return new arrow.Field(name, new arrow.TimestampMicrosecond('UTC'), true);
      case 'text':
        return new arrow.Field(name, new arrow.Utf8View(), true);
      case 'any':
        return new arrow.Field(name, new arrow.Utf8View(), true, new Map(marks));
    }
  }

  #column(batch: Batch, name: string, kind: FieldKind, writer: ArenaWriter): Arrow.Data {
    const arrow = this.#arrow;
    const { arena } = writer;
    const { rows: length } = batch;
    const vector = columnOf(batch, name);
    switch (kind) {
      case 'int':
      case 'timestamp': {
        const { values, validity, nullCount } = buildInt64s(arena, vector, kind);
        const type = kind === 'int' ? new arrow.Int64() : new arrow.TimestampMicrosecond('UTC');
        return arrow.makeData({ type, length, nullCount, nullBitmap: validity, data: values } as never);
      }
      case 'double':
      case 'bool': {
        const { values, validity, nullCount } = buildDoubles(arena, vector, kind);
        const common = { length, nullCount, nullBitmap: validity };
        if (kind === 'double') return arrow.makeData({ type: new arrow.Float64(), ...common, data: values });
        return arrow.makeData({ type: new arrow.Bool(), ...common, data: toBitmap(values) });
      }
      case 'text':
        return this.#texts(length, writer, (row) => writeTextValue(writer, vector, row), vector);
      case 'any':
        return this.#texts(length, writer, (row) => writeJsonText(writer, vector, row));
    }
  }

  #texts(length: number, writer: ArenaWriter, write: (row: number) => boolean, vector?: Vector): Arrow.Data {
    const { views, data, validity, nullCount } = buildViews(writer, length, write, vector);
    const type = new this.#arrow.Utf8View();
    return this.#arrow.makeData({
      type,
      length,
      nullCount,
      nullBitmap: validity,
      views,
      variadicBuffers: [data],
    });
  }
}
