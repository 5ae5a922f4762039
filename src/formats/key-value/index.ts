import { FieldError } from '../../config/fields.js';
import type { FormatConfig, FormatDefinition } from '../format.js';
import { PairsDecoder } from '../pairs/index.js';
import { KeyValueParser } from './parser.js';

const encoder = new TextEncoder();

function parseDelimiter(text: string): string {
  if (text === '') throw new FieldError('expected at least one character');
  return text;
}

function parserOf(config: FormatConfig): KeyValueParser {
  return new KeyValueParser({
    keyValueDelimiter: encoder.encode(config.key_value_delimiter as string),
    fieldDelimiter: encoder.encode(config.field_delimiter as string),
    lenient: config.whitespace === 'lenient',
    standaloneKeys: config.accept_standalone_key as boolean,
  });
}

/** Pairs of keys and values with delimiters of one's choice, with the options of Vector's parse_key_value. */
export const KEY_VALUE_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'key_value',
  summary:
    'Keys with values, one record a line, with delimiters of your choice. Values are texts; those of a key that comes ' +
    'more than once are an array. Keys and values may stand in single or double quotes, with \\", \\\\ and \\n in them.',
  fields: [
    {
      name: 'key_value_delimiter',
      summary: 'What stands between a key and its value.',
      type: { kind: 'string', format: 'delimiter', parse: parseDelimiter },
      default: '=',
      example: ':',
    },
    {
      name: 'field_delimiter',
      summary:
        'What stands between two pairs. Spaces before it are ignored; a space stands for any number of them.',
      type: { kind: 'string', format: 'delimiter', parse: parseDelimiter },
      default: ' ',
      example: ',',
    },
    {
      name: 'whitespace',
      summary:
        'lenient: spaces around the delimiter of key and value are ignored. strict: they are not, so that "a= b=1" has an empty a.',
      type: { kind: 'enum', values: ['lenient', 'strict'] },
      default: 'lenient',
    },
    {
      name: 'accept_standalone_key',
      summary: 'Whether a key may stand without a value, which is then true.',
      type: { kind: 'boolean' },
      default: true,
    },
  ],
  example: '{type: key_value, key_value_delimiter: ":", field_delimiter: ","}',
  decoder: {
    framing: () => 'lines',
    shape: () => ({ fields: new Map(), open: true }),
    sample: {
      input: 'path:"/cart, 2", dyno: web.1, tag:a, tag:b, cached',
      output: '{"path":"/cart, 2","dyno":"web.1","tag":["a","b"],"cached":true}',
    },
    create: (config) => new PairsDecoder(parserOf(config), 'array'),
  },
};
