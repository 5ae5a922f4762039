import {
  type Arena,
  type ArenaWriter,
  type Batch,
  gatherRows,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../batch/index.js';
import { compileTemplate, type Program, parseTemplate, TEMPLATE } from '../expression/index.js';
import type { Encoder, FormatConfig, FormatDefinition } from './format.js';

/** The column of what is written. */
const TEXT = 'text';

/** Writes the text that a template makes of each record, with its newline. A record for which a part fails is refused. */
class TemplateEncoder implements Encoder {
  readonly #program: Program;

  constructor(text: string) {
    this.#program = compileTemplate(parseTemplate(`${text}\n`));
  }

  prepare(batch: Batch, arena: Arena, refuse: (row: number, message: string) => void): Batch {
    const texts = this.#program.evaluate(arena, batch);
    const whole = { ...batch, columns: new Map([[TEXT, texts]]), document: undefined, untouched: undefined };
    if (!texts.errors) return whole;
    const rows = arena.int32(batch.rows);
    let count = 0;
    for (let row = 0; row < batch.rows; row++) {
      if (texts.tags[row] === Tag.ERROR) refuse(row, texts.errors[texts.numbers![row]!]!);
      else rows[count++] = row;
    }
    return gatherRows(arena, whole, rows, count);
  }

  encode(batch: Batch, writer: ArenaWriter): void {
    const { views } = batch.columns.get(TEXT) as Vector;
    for (let row = 0; row < batch.rows; row++) writer.copy(textAddress(views!, row), textLength(views!, row));
  }
}

const textOf = (config: FormatConfig): string => config.text as string;

/** Text of one's own, for sinks. */
export const TEMPLATE_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'template',
  summary: 'A text of your own for each record, with a newline. Parts that are absent or null are empty.',
  fields: [
    {
      name: 'text',
      summary:
        'The text with `{expression}` parts; `{{` and `}}` are braces. A record for which a part fails is a dead letter.',
      type: TEMPLATE,
      required: true,
      example: '{timestamp} {level}: {message}',
    },
  ],
  example: '{type: template, text: "{timestamp} {level}: {message}"}',
  encoder: {
    // Of several lines each, records cannot be told apart any more.
    framing: (config) => (textOf(config).includes('\n') ? 'batches' : 'lines'),
    wanted: (config) => ({ names: parseTemplate(textOf(config)).names, all: false }),
    create: (config) => new TemplateEncoder(textOf(config)),
  },
};
