import type { FormatConfig, FormatDefinition } from './format.js';
import { LineDecoder, type LineField, LineParser, shapeOfLine } from './line/index.js';
import { TIME_FORMAT, TIMEZONE, TimeFormats, timeZoneOf } from './options.js';

/** Parses records that are one time each. */
class TimestampParser extends LineParser {
  readonly #times: TimeFormats;
  readonly #formats: readonly string[];

  constructor(fields: readonly LineField[], formats: readonly string[], times: TimeFormats) {
    super(fields);
    this.#times = times;
    this.#formats = formats;
  }

  protected line(): void {
    this.trim();
    const micros = this.#times.micros(this.bytes, this.at, this.end, this.readAtMs);
    if (Number.isNaN(micros)) throw this.expected(`a time in the format ${this.#formats.join(' or ')}`);
    this.setNumber(0, this.at, this.end, micros);
  }
}

function fieldsOf(config: FormatConfig): readonly LineField[] {
  return [{ name: config.field as string, kind: 'timestamp' }];
}

/** Records that are one time each, for the transform parse. */
export const TIMESTAMP_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'timestamp',
  summary:
    'A time in a format of your own and nothing else, which becomes one field. Of use in the transform parse.',
  fields: [
    {
      name: 'formats',
      summary: 'The formats of times, as in strptime; the first that fits counts.',
      type: { kind: 'list', items: TIME_FORMAT, minItems: 1 },
      default: ['%+'],
      example: ['%d/%b/%Y:%H:%M:%S %z', '%s'],
    },
    { name: 'field', summary: 'The field for the time.', type: { kind: 'string' }, default: 'timestamp' },
    TIMEZONE,
  ],
  example: '{type: timestamp, formats: ["%Y-%m-%d %H:%M:%S,%L"], timezone: Europe/Paris}',
  decoder: {
    framing: () => 'lines',
    shape: (config) => shapeOfLine(fieldsOf(config)),
    sample: { input: '2026-07-18 05:17:03,250', output: '{"timestamp":"2026-07-18T03:17:03.250Z"}' },
    create: (config) => {
      const formats = config.formats as readonly string[];
      const times = new TimeFormats(formats, timeZoneOf(config));
      return new LineDecoder(new TimestampParser(fieldsOf(config), formats, times));
    },
  },
};
