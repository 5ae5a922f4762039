import {
  type ArenaWriter,
  type Batch,
  type Shape,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../../batch/index.js';
import { FieldError } from '../../config/fields.js';
import type { Wanted } from '../format.js';
import { Members } from '../members.js';
import { writeJsonText } from './values.js';

/** The column for what the plan does not know by name. */
export const DOCUMENT_COLUMN = 'document';

/** What encoders of columns need of records; throws FieldError where a field has the name of the last column. */
export function wantedByColumns({ fields, open }: Shape): Wanted {
  if (open && fields.has(DOCUMENT_COLUMN)) {
    throw new FieldError(
      `the field "${DOCUMENT_COLUMN}" has the name of the column for all other fields: rename it`,
    );
  }
  return { names: new Set(fields.keys()), all: open };
}

const OPEN = 123;
const CLOSE = 125;
const COMMA = 44;
const COLON = 58;

/** Writes the last column of open shapes: a JSON object of all fields of a record that have no column of their own. */
export class DocumentWriter {
  readonly #fields: Shape['fields'];
  readonly #members = new Members();
  readonly #names = new Map<string, Uint8Array>();

  constructor({ fields }: Shape) {
    this.#fields = fields;
  }

  /** Writes one row at a time. */
  rowsOf(batch: Batch, writer: ArenaWriter): (row: number) => boolean {
    const others = [...batch.columns].filter(([name]) => !this.#fields.has(name));
    return (row) => {
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
    };
  }

  #documentMembers(
    vector: Vector,
    hidden: ReadonlySet<string>,
    row: number,
    writer: ArenaWriter,
    start: number,
  ): void {
    if ((vector.uniform ?? vector.tags[row]) !== Tag.JSON) return;
    const fields = this.#fields;
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
