import { type ArenaWriter, type Batch, fieldOf, type Shape, textVector } from '../batch/index.js';
import { FieldError } from '../config/fields.js';
import type { Decoder, Encoder, FormatConfig, FormatDefinition, Wanted } from './format.js';
import { writePlain } from './plain.js';

const NEWLINE = 10;
const SHAPE: Shape = { fields: new Map([['message', 'text']]), open: false };

const decoder: Decoder = {
  decode(arena, records, wanted) {
    const columns =
      wanted.all || wanted.names.has('message')
        ? new Map([['message', textVector(arena, records.starts, records.lengths, records.count)]])
        : new Map();
    return { columns, document: undefined, refused: [] };
  },
};

/** Writes one field of each record as a line; a record without it becomes an empty line, so that none is lost. */
class LinesEncoder implements Encoder {
  readonly #field: string;

  constructor(field: string) {
    this.#field = field;
  }

  encode(batch: Batch, writer: ArenaWriter): void {
    if (batch.untouched === 'lines' && this.#field === 'message') copyRecords(batch, writer);
    else this.#write(batch, writer);
  }

  #write(batch: Batch, writer: ArenaWriter): void {
    const vector = fieldOf(batch, this.#field);
    for (let row = 0; row < batch.rows; row++) {
      if (vector) writePlain(writer, vector, row);
      writer.byte(NEWLINE);
    }
  }
}

/** Copies the records' own bytes, each with a newline; runs of records that lie side by side are copied as one. */
export function copyRecords(batch: Batch, writer: ArenaWriter): void {
  const { starts, lengths } = batch.origin;
  const { bytes } = writer.arena;
  let row = 0;
  while (row < batch.rows) {
    const start = starts[row]!;
    let end = start + lengths[row]!;
    row++;
    while (row < batch.rows && starts[row] === end + 1 && bytes[end] === NEWLINE) {
      end += 1 + lengths[row]!;
      row++;
    }
    writer.copy(start, end - start);
    writer.byte(NEWLINE);
  }
}

function wantedOf(config: FormatConfig, shape: Shape): Wanted {
  const field = config.field as string;
  if (!shape.open && !shape.fields.has(field)) {
    const names = [...shape.fields.keys()].join(', ');
    throw new FieldError(
      `the records have no field "${field}" to write as lines: name one of ${names} in field`,
    );
  }
  return { names: new Set([field]), all: false };
}

/** Lines of text, without their newline and a carriage return before it. */
export const LINES_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'lines',
  verbatim: true,
  summary: 'One record a line: the line is its field "message".',
  fields: [
    {
      name: 'field',
      summary: 'The field that a sink writes. A record without it becomes an empty line.',
      type: { kind: 'string' },
      default: 'message',
      example: 'path',
    },
  ],
  example: 'lines',
  decoder: {
    framing: () => 'lines',
    shape: () => SHAPE,
    sample: { input: 'disk sda1 is full', output: '{"message":"disk sda1 is full"}' },
    create: () => decoder,
  },
  encoder: {
    framing: () => 'lines',
    wanted: wantedOf,
    create: (config) => new LinesEncoder(config.field as string),
  },
};
