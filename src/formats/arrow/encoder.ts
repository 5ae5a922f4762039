import { createRequire } from 'node:module';
import type * as Arrow from 'apache-arrow';
import {
  type ArenaWriter,
  type Batch,
  type FieldKind,
  fieldOf,
  type Shape,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../../batch/index.js';
import type { Encoder } from '../format.js';
import { Members } from '../members.js';
import { buildViews } from './texts.js';
import {
  boolAt,
  buildNumbers,
  doubleAt,
  intAt,
  timestampAt,
  writeJsonText,
  writeTextValue,
} from './values.js';

/** The column for what the plan does not know by name. */
export const DOCUMENT_COLUMN = 'document';
const JSON_EXTENSION = new Map([
  ['ARROW:extension:name', 'arrow.json'],
  ['ARROW:extension:metadata', ''],
]);
/** The end of a stream: a continuation marker and a length of zero. */
const END_OF_STREAM = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);
const OPEN = 123;
const CLOSE = 125;
const COMMA = 44;
const COLON = 58;

/** Loading the library takes about 80 ms, which only pipelines that write Arrow should pay for. */
function loadArrow(): typeof Arrow {
  return createRequire(import.meta.url)('apache-arrow') as typeof Arrow;
}

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
  readonly #members = new Members();
  readonly #names = new Map<string, Uint8Array>();

  constructor(shape: Shape) {
    this.#arrow = loadArrow();
    this.#shape = shape;
    const fields = [...shape.fields].map(([name, kind]) => this.#field(name, kind));
    if (shape.open) fields.push(this.#field(DOCUMENT_COLUMN, 'any'));
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
    if (this.#shape.open) children.push(this.#documents(batch, writer));
    const type = new arrow.Struct(this.#schema.fields);
    const data = arrow.makeData({ type, length: batch.rows, nullCount: 0, children });
    const stream = new arrow.RecordBatchStreamWriter();
    stream.write(new arrow.RecordBatch(this.#schema, data));
    stream.finish();
    writer.bytes(stream.toUint8Array(true).subarray(this.header.length, -END_OF_STREAM.length));
  }

  #field(name: string, kind: FieldKind): Arrow.Field {
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
        return new arrow.Field(name, new arrow.Utf8View(), true, new Map(JSON_EXTENSION));
    }
  }

  #column(batch: Batch, name: string, kind: FieldKind, writer: ArenaWriter): Arrow.Data {
    const arrow = this.#arrow;
    const { arena } = writer;
    const { rows: length } = batch;
    const vector = fieldOf(batch, name) ?? absent(length);
    switch (kind) {
      case 'int':
      case 'timestamp': {
        const read = kind === 'int' ? intAt : timestampAt;
        const { values, validity, nullCount } = buildNumbers(new BigInt64Array(length), (row) =>
          read(arena, vector, row),
        );
        const type = kind === 'int' ? new arrow.Int64() : new arrow.TimestampMicrosecond('UTC');
        return arrow.makeData({ type, length, nullCount, nullBitmap: validity, data: values } as never);
      }
      case 'double':
      case 'bool': {
        const read = kind === 'double' ? doubleAt : boolAt;
        const { values, validity, nullCount } = buildNumbers(new Float64Array(length), (row) =>
          read(arena, vector, row),
        );
        const common = { length, nullCount, nullBitmap: validity };
        if (kind === 'double') return arrow.makeData({ type: new arrow.Float64(), ...common, data: values });
        return arrow.makeData({ type: new arrow.Bool(), ...common, data: toBitmap(values) });
      }
      case 'text':
        return this.#texts(length, writer, (row) => writeTextValue(writer, vector, row));
      case 'any':
        return this.#texts(length, writer, (row) => writeJsonText(writer, vector, row));
    }
  }

  #texts(length: number, writer: ArenaWriter, write: (row: number) => boolean): Arrow.Data {
    const { views, data, validity, nullCount } = buildViews(writer, length, write);
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

  /** The last column of open shapes: a JSON object of all fields that have no column of their own. */
  #documents(batch: Batch, writer: ArenaWriter): Arrow.Data {
    const { fields } = this.#shape;
    const others = [...batch.columns].filter(([name]) => !fields.has(name));
    return this.#texts(batch.rows, writer, (row) => {
      writer.byte(OPEN);
      const start = writer.at;
      if (batch.document)
        this.#documentMembers(batch.document.vector, batch.document.hidden, row, writer, start);
      for (const [name, vector] of others) {
        if ((vector.uniform ?? vector.tags[row]) === Tag.ABSENT) continue;
        this.#name(writer, name, start);
        if (!writeJsonText(writer, vector, row)) writer.text('null');
      }
      writer.byte(CLOSE);
      return true;
    });
  }

  #documentMembers(
    vector: Vector,
    hidden: ReadonlySet<string>,
    row: number,
    writer: ArenaWriter,
    start: number,
  ): void {
    if ((vector.uniform ?? vector.tags[row]) !== Tag.JSON) return;
    const { fields } = this.#shape;
    const members = this.#members;
    const address = textAddress(vector.views!, row);
    members.start(writer.arena.bytes, address, address + textLength(vector.views!, row));
    while (members.next()) {
      const name = members.key();
      if (hidden.has(name) || fields.has(name)) continue;
      if (members.implied) {
        this.#name(writer, name, start);
        writer.copy(members.valueStart, members.valueEnd - members.valueStart);
      } else {
        if (writer.at > start) writer.byte(COMMA);
        writer.copy(members.keyStart - 1, members.valueEnd - members.keyStart + 1);
      }
    }
  }

  #name(writer: ArenaWriter, name: string, start: number): void {
    if (writer.at > start) writer.byte(COMMA);
    let quoted = this.#names.get(name);
    if (!quoted) {
      quoted = new TextEncoder().encode(JSON.stringify(name));
      this.#names.set(name, quoted);
    }
    writer.bytes(quoted);
    writer.byte(COLON);
  }
}

function absent(length: number): Vector {
  return { length, tags: new Uint8Array(length), uniform: Tag.ABSENT, numbers: undefined, views: undefined };
}

function toBitmap(values: Float64Array): Uint8Array {
  const bitmap = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, row) => {
    if (value === 1) bitmap[row >> 3]! |= 1 << (row & 7);
  });
  return bitmap;
}
