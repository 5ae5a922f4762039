import type { Shape } from '../../batch/index.js';
import { type Field, FieldError } from '../../config/fields.js';
import type { FormatConfig, FormatDefinition, Framing, Sample, Wanted } from '../format.js';
import { CsvDecoder } from './decoder.js';
import { CsvEncoder } from './encoder.js';
import type { CsvDialect } from './row.js';

const TAB = 9;

const DELIMITER: Field = {
  name: 'delimiter',
  summary: 'What stands between two cells: one ASCII character.',
  type: { kind: 'string', format: 'character', parse: parseCharacter },
  default: ',',
  example: ';',
};

const FIELDS: readonly Field[] = [
  {
    name: 'header',
    summary:
      'Whether the first line names the columns. A sink writes such a line at the beginning of its output.',
    type: { kind: 'boolean' },
    default: true,
  },
  {
    name: 'columns',
    summary:
      'The names of the columns, in order. A source without a header line needs them; a sink may list what to write.',
    type: { kind: 'list', items: { kind: 'string' }, minItems: 1 },
    example: ['host', 'status'],
  },
  {
    name: 'quotes',
    summary:
      'strict: records with a quote where RFC 4180 allows none are refused. lenient: it is a part of the text.',
    type: { kind: 'enum', values: ['strict', 'lenient'] },
    default: 'strict',
  },
  {
    name: 'escape',
    summary:
      'A character that makes the next one a part of the text, in quotes and without, as in files of MySQL and Hive; doubled ' +
      'quotes are read all the same. A sink escapes this character alone.',
    type: { kind: 'string', format: 'character', parse: parseCharacter },
    example: '\\',
  },
  {
    name: 'comment',
    summary: 'Lines that begin with this character are no records, also before the header line.',
    type: { kind: 'string', format: 'character', parse: parseCharacter },
    example: '#',
  },
  {
    name: 'write_quotes',
    summary: 'needed: a sink puts cells in quotes that have to be. always: all of them, but not the nulls.',
    type: { kind: 'enum', values: ['needed', 'always'] },
    default: 'needed',
  },
  {
    name: 'write_null',
    summary: 'What a sink writes for values that are null or absent.',
    type: { kind: 'string', format: 'cell', parse: parseNull },
    default: '',
    example: '\\N',
  },
  {
    name: 'write_line_end',
    summary: 'How the lines of a sink end: `lf`, or `crlf` as RFC 4180 has it.',
    type: { kind: 'enum', values: ['lf', 'crlf'] },
    default: 'lf',
  },
];

function parseNull(text: string): string {
  if (!/["\r\n]/.test(text)) return text;
  throw new FieldError(`expected a text without quotes and newlines, found ${JSON.stringify(text)}`);
}

function parseCharacter(text: string): string {
  const code = text.codePointAt(0) ?? 0;
  if (text.length !== 1 || code > 126 || text === '"' || text === '\n' || text === '\r') {
    throw new FieldError(
      `expected one ASCII character other than a quote or newline, found ${JSON.stringify(text)}`,
    );
  }
  return text;
}

function columnsOf(config: FormatConfig): readonly string[] | undefined {
  return config.columns as readonly string[] | undefined;
}

/** A header line names columns that only the data knows. */
function shapeOf(config: FormatConfig): Shape {
  const columns = columnsOf(config) ?? [];
  return { fields: new Map(columns.map((name) => [name, 'text'])), open: columns.length === 0 };
}

/** The byte of an option that is a character, or -1. */
function byteOf(config: FormatConfig, option: 'escape' | 'comment'): number {
  return (config[option] as string | undefined)?.charCodeAt(0) ?? -1;
}

function framingOf(config: FormatConfig): Framing {
  const [escapeByte, commentByte] = [byteOf(config, 'escape'), byteOf(config, 'comment')];
  return escapeByte < 0 && commentByte < 0 ? 'csv' : { kind: 'csv', escapeByte, commentByte };
}

/** Characters that cannot mean two things. */
function checkCharacters(config: FormatConfig, delimiter: number): { field: string; message: string }[] {
  const [escapeByte, commentByte] = [byteOf(config, 'escape'), byteOf(config, 'comment')];
  const twice = (field: string, what: string) => ({ field, message: `is the same character as ${what}` });
  return [
    ...(escapeByte === delimiter ? [twice('escape', 'the delimiter')] : []),
    ...(commentByte === delimiter ? [twice('comment', 'the delimiter')] : []),
    ...(commentByte === escapeByte && commentByte >= 0 ? [twice('comment', 'escape')] : []),
  ];
}

function checkDecoder(config: FormatConfig): { field: string; message: string }[] {
  const columns = columnsOf(config);
  const twice = columns?.find((name, cell) => columns.indexOf(name) !== cell);
  if (twice !== undefined) return [{ field: 'columns', message: `"${twice}" stands twice` }];
  if (config.header !== false || columns) return [];
  return [
    { field: 'columns', message: 'records without a header line need the names of their columns here' },
  ];
}

function wantedOf(config: FormatConfig, shape: Shape, delimiter: number): Wanted {
  const columns = columnsOf(config);
  const [problem] = checkCharacters(config, delimiter);
  if (problem) throw new FieldError(`${problem.field} ${problem.message}`);
  const special = [delimiter, byteOf(config, 'escape'), byteOf(config, 'comment')];
  if ([...String(config.write_null ?? '')].some((sign) => special.includes(sign.charCodeAt(0))))
    throw new FieldError(
      'what stands for null must not have the delimiter, escape or comment in it: change write_null',
    );
  if (!columns && shape.open) {
    throw new FieldError('the records may carry any fields: list in columns those to write');
  }
  return { names: new Set(columns ?? shape.fields.keys()), all: false };
}

function definitionOf(
  base: Pick<FormatDefinition, 'name' | 'summary' | 'fields' | 'example'>,
  sample: Sample,
  delimiterOf: (config: FormatConfig) => number,
): FormatDefinition {
  const dialectOf = (config: FormatConfig): CsvDialect => ({
    delimiter: delimiterOf(config),
    escapeByte: byteOf(config, 'escape'),
    lenient: config.quotes === 'lenient',
  });
  return {
    kind: 'format',
    ...base,
    decoder: {
      framing: framingOf,
      preambleLines: (config) => (config.header === false ? 0 : 1),
      check: (config) => [...checkCharacters(config, delimiterOf(config)), ...checkDecoder(config)],
      shape: shapeOf,
      sample,
      create: (config) => new CsvDecoder(dialectOf(config), columnsOf(config)),
    },
    encoder: {
      framing: framingOf,
      wanted: (config, shape) => wantedOf(config, shape, delimiterOf(config)),
      create: (config, shape) =>
        new CsvEncoder(columnsOf(config) ?? [...shape.fields.keys()], {
          delimiter: delimiterOf(config),
          escapeByte: byteOf(config, 'escape'),
          commentByte: byteOf(config, 'comment'),
          hasHeader: config.header !== false,
          quotesAll: config.write_quotes === 'always',
          nullText: (config.write_null as string | undefined) ?? '',
          lineEnd: config.write_line_end === 'crlf' ? '\r\n' : '\n',
        }),
    },
  };
}

/** Comma-separated values as in RFC 4180. */
export const CSV_FORMAT = definitionOf(
  {
    name: 'csv',
    summary:
      'Comma-separated values (RFC 4180): quoted cells may hold delimiters, newlines and doubled quotes.',
    fields: [DELIMITER, ...FIELDS],
    example: '{type: csv, delimiter: ";"}',
  },
  { input: 'host;status;text\nweb-1;200;"a;b"', output: '{"host":"web-1","status":"200","text":"a;b"}' },
  (config) => ((config.delimiter as string | undefined) ?? ',').charCodeAt(0),
);

/** The same with tabs. */
export const TSV_FORMAT = definitionOf(
  {
    name: 'tsv',
    summary: 'Tab-separated values, with the quotes of CSV.',
    fields: FIELDS,
    example: 'tsv',
  },
  { input: 'host\tstatus\nweb-1\t200', output: '{"host":"web-1","status":"200"}' },
  () => TAB,
);
