import { Arena } from '../../src/batch/index.js';
import { frame } from '../../src/formats/frame.js';
import { type FormatConfig, type Framing, formatNamed, multilineFraming } from '../../src/formats/index.js';
import { type DecodedTest, decodeAll } from '../formats/support.js';

/** A record's fields, or why it was refused. */
export type Row = Record<string, unknown> | string;

/** The options of a format with its defaults filled in. */
export function configOf(type: string, options: object = {}): FormatConfig {
  const fields = formatNamed(type)!.fields.flatMap((field) =>
    'default' in field ? [[field.name, field.default]] : [],
  );
  return { ...Object.fromEntries(fields), ...options, type };
}

/** Decodes one record, as it is. */
export function decodeOne(
  type: string,
  record: string | Uint8Array,
  options: object = {},
  readAtMs = 0,
): Row {
  return decodeAll(formatNamed(type)!.decoder!.create(configOf(type, options)), [record], { readAtMs })
    .rows[0]!;
}

/** Cuts a text into records as a source does, and decodes them. */
export function decodeText(type: string, text: Uint8Array, options: object = {}): readonly Row[] {
  return decodeStream(configOf(type, options), text).rows;
}

/** The records of a text whose lines belong together in this way, with the limits that it has by default. */
export function groupedLines(of: { readonly type: string }, text: string): string[] {
  const limits = { max_lines: 1000, max_bytes: 2 ** 20, flush_after: 1000 };
  const records = framedTexts(multilineFraming({ ...limits, ...of }), Buffer.from(text));
  return records.map((record) => Buffer.from(record).toString());
}

function framedTexts(framing: Framing, text: Uint8Array): Uint8Array[] {
  const arena = new Arena(4 * 1024 * 1024);
  const start = arena.place(text);
  const { records } = frame(arena, framing, start, start + text.length, text.length, 0);
  return Array.from(records.starts.subarray(0, records.count), (at, row) =>
    arena.bytes.slice(at, at + records.lengths[row]!),
  );
}

/** The same with all that the decoder gives. */
export function decodeStream(config: FormatConfig, text: Uint8Array, readAtMs = 0): DecodedTest {
  const definition = formatNamed(config.type)!.decoder!;
  const texts = framedTexts(definition.framing(config), text);
  const preamble = definition.preambleLines?.(config) === 1 ? texts.shift() : undefined;
  const header = preamble === undefined ? {} : { preamble: Buffer.from(preamble).toString() };
  return decodeAll(definition.create(config), texts, { ...header, readAtMs });
}
