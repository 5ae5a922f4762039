import {
  type Arena,
  ArenaWriter,
  type Batch,
  fieldOf,
  gather,
  gatherRows,
  type Records,
  type Shape,
  Tag,
  textAddress,
  unionOf,
  type Vector,
} from '../batch/index.js';
import {
  type Config,
  type Emit,
  type Finding,
  formatField,
  type Transform,
  type TransformDefinition,
} from '../component/index.js';
import {
  type Decoded,
  type Decoder,
  type FormatConfig,
  type FormatDefinition,
  formatNamed,
  type Wanted,
  writePlain,
} from '../formats/index.js';
import { mergeParsed } from './merge-parsed.js';

const NEWLINE = 10;
const EVERYTHING: Wanted = { names: new Set(), all: true };

interface Options {
  readonly field: string;
  readonly format: FormatConfig;
  readonly keepSource: boolean;
}

const optionsOf = (config: Config): Options => ({
  field: config.field as string,
  format: config.format as FormatConfig,
  keepSource: config.keep_source as boolean,
});

function decoderOf(format: FormatConfig): NonNullable<FormatDefinition['decoder']> {
  return formatNamed(format.type)!.decoder!;
}

class Parse implements Transform {
  readonly #options: Options;
  readonly #wanted: Wanted;
  readonly #decoder: Decoder;

  constructor(options: Options, wanted: Wanted) {
    this.#options = options;
    this.#wanted = wanted;
    this.#decoder = decoderOf(options.format).create(options.format);
  }

  apply(batch: Batch, emit: Emit): void {
    const { arena } = emit;
    const { field, keepSource } = this.#options;
    const rows = arena.int32(batch.rows);
    const vector = fieldOf(batch, field);
    const count = vector ? present(arena, vector, rows) : 0;
    if (count < batch.rows) failMissing(batch, rows, count, emit, field);
    if (!vector || count === 0) return;
    const records = placeTexts(arena, batch, vector, rows, count);
    const { source, name } = batch.partition;
    const wanted = this.#wantedWith(batch);
    const decoded = this.#decoder.decode(arena, records, wanted, { source, name }, batch.readAtMs);
    for (const { row, message } of decoded.refused) {
      emit.fail(batch, rows[row]!, 'parse_failed', `cannot parse the field "${field}": ${message}`);
    }
    const accepted = withoutRefused(arena, decoded, rows, count);
    if (accepted.count === 0) return;
    const record =
      accepted.count === batch.rows ? batch : gatherRows(arena, batch, accepted.rows, accepted.count);
    emit.batch(mergeParsed(arena, record, accepted.decoded, keepSource ? undefined : field));
  }

  /** Where the whole record goes on, the record's columns have to be looked up among the members of the text. */
  #wantedWith({ columns }: Batch): Wanted {
    const { names, all } = this.#wanted;
    return all && columns.size > 0 ? { names: new Set([...names, ...columns.keys()]), all } : this.#wanted;
  }
}

/** Writes to `rows` the rows that have a value. Returns their number. */
function present(arena: Arena, vector: Vector, rows: Int32Array): number {
  let count = 0;
  for (let row = 0; row < vector.length; row++) {
    const tag = vector.uniform ?? vector.tags[row];
    if (tag === Tag.ABSENT || tag === Tag.NULL) continue;
    if (tag === Tag.JSON && isNull(arena.bytes, textAddress(vector.views!, row))) continue;
    rows[count++] = row;
  }
  return count;
}

/** Whether the JSON value at this address is `null`: no other begins with an n. */
const isNull = (bytes: Uint8Array, address: number): boolean => bytes[address] === 110;

function failMissing(batch: Batch, rows: Int32Array, count: number, emit: Emit, field: string): void {
  const message = `the record has no field "${field}" to parse`;
  let next = 0;
  for (let row = 0; row < batch.rows; row++) {
    if (next < count && row === rows[next]) next++;
    else emit.fail(batch, row, 'field_missing', message);
  }
}

/** Writes the values as texts side by side, as a decoder wants its records: a newline stands between two of them. */
function placeTexts(arena: Arena, batch: Batch, vector: Vector, rows: Int32Array, count: number): Records {
  const starts = arena.int32(count);
  const lengths = arena.int32(count);
  const offsets = arena.float64(count);
  const writer = new ArenaWriter(arena);
  writer.begin();
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    const start = writer.at;
    writePlain(writer, vector, row);
    starts[i] = start;
    lengths[i] = writer.at - start;
    offsets[i] = batch.origin.offsets[row]!;
    writer.byte(NEWLINE);
  }
  writer.end();
  return { count, starts, lengths, offsets };
}

interface Accepted {
  readonly decoded: Decoded;
  /** The rows of the batch that were decoded. */
  readonly rows: Int32Array;
  readonly count: number;
}

function withoutRefused(arena: Arena, decoded: Decoded, rows: Int32Array, count: number): Accepted {
  const { refused, columns, document } = decoded;
  if (refused.length === 0) return { decoded, rows, count };
  const kept = arena.int32(count);
  const keptRows = arena.int32(count);
  let size = 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (i === refused[next]?.row) next++;
    else {
      kept[size] = i;
      keptRows[size++] = rows[i]!;
    }
  }
  const gatherAll = (vectors: ReadonlyMap<string, Vector>) =>
    new Map(Array.from(vectors, ([name, vector]) => [name, gather(arena, vector, kept, size)]));
  const gathered: Decoded = {
    columns: gatherAll(columns),
    document: document && {
      vector: gather(arena, document.vector, kept, size),
      hidden: document.hidden,
      members: gatherAll(document.members),
    },
    refused: [],
  };
  return { decoded: gathered, rows: keptRows, count: size };
}

function inFormat(found: readonly Finding[] = []): Finding[] {
  return found.map((finding) => ({ ...finding, field: `format.${finding.field}` }));
}

function checkParse(config: Config): Finding[] {
  const { format } = optionsOf(config);
  const decoder = decoderOf(format);
  const problems = inFormat(decoder.check?.(format));
  const needsHeader = (decoder.preambleLines?.(format) ?? 0) > 0 && decoder.shape(format).open;
  if (problems.length === 0 && needsHeader) {
    problems.push({ field: 'format', message: 'a field has no header line: list the names in columns' });
  }
  return problems;
}

/** Fields that the text may lack keep the record's own value there, so that has to be known by its name. */
function needsOf({ field, format }: Options, wanted: Wanted): Wanted {
  const names = new Set(wanted.names).add(field);
  if (wanted.all) for (const name of decoderOf(format).shape(format).fields.keys()) names.add(name);
  return { names, all: wanted.all };
}

function shapeOf({ field, format, keepSource }: Options, input: Shape): Shape {
  const fields = new Map(input.fields);
  if (!keepSource) fields.delete(field);
  return unionOf({ fields, open: input.open }, decoderOf(format).shape(format));
}

/**
 * Decodes a text field of each record in any format and adds what it holds to the record. Where both have a field of the
 * same name, that of the text wins; where the text lacks it, the record keeps its own.
 */
export const PARSE: TransformDefinition = {
  kind: 'transform',
  name: 'parse',
  summary: 'Decodes the text in one field of a record and adds the fields that it finds to the record.',
  fields: [
    {
      name: 'field',
      summary: 'The field that holds the text. Records without it fail as field_missing.',
      type: { kind: 'string' },
      default: 'message',
      example: 'log',
    },
    formatField('parser', 'json'),
    {
      name: 'keep_source',
      summary: 'Whether the field stays in the record when it has been decoded.',
      type: { kind: 'boolean' },
      default: false,
    },
  ],
  example: 'type: parse\ninputs: [containers]\nfield: log\nformat: logfmt\n',
  sample: {
    input: '{"pod":"shop-1","log":"level=warn msg=\\"slow answer\\" ms=812"}',
    output: '{"pod":"shop-1","level":"warn","msg":"slow answer","ms":"812"}',
  },
  check: checkParse,
  warn: (config) => {
    const { format } = optionsOf(config);
    return inFormat(decoderOf(format).warn?.(format));
  },
  mayRunAway: (config) => decoderOf(optionsOf(config).format).mayRunAway ?? false,
  needs: (config, wanted) => needsOf(optionsOf(config), wanted),
  shape: (config, input) => shapeOf(optionsOf(config), input),
  create: (config, _stage, wanted) => new Parse(optionsOf(config), wanted ?? EVERYTHING),
};
