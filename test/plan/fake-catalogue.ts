import type { SinkDefinition, SourceDefinition, TransformDefinition } from '../../src/component/index.js';
import { EXPRESSION, TEMPLATE } from '../../src/component/index.js';
import type { Field } from '../../src/config/index.js';
import { FieldError } from '../../src/config/index.js';
import type { Catalogue } from '../../src/plan/pipeline.js';

function never(): never {
  throw new Error('a configuration is checked without creating anything');
}

const FORMAT: Field = {
  name: 'format',
  summary: 'How a record is read.',
  type: {
    kind: 'variant',
    variants: () => [
      { name: 'lines', summary: 'Lines.', fields: [] },
      { name: 'json', summary: 'JSON.', fields: [] },
      {
        name: 'csv',
        summary: 'CSV.',
        fields: [{ name: 'delimiter', summary: 'Between fields.', type: { kind: 'string' }, default: ',' }],
      },
      {
        name: 'regex',
        summary: 'Named groups.',
        fields: [{ name: 'pattern', summary: 'The pattern.', type: { kind: 'string' }, required: true }],
      },
    ],
  },
  default: 'lines',
};

const file: SourceDefinition = {
  kind: 'source',
  name: 'file',
  summary: 'Reads files.',
  fields: [
    {
      name: 'paths',
      summary: 'Globs.',
      type: { kind: 'list', items: { kind: 'string' }, minItems: 1 },
      required: true,
    },
    FORMAT,
    { name: 'follow', summary: 'Wait for more.', type: { kind: 'boolean' }, default: false },
    {
      name: 'max_line_bytes',
      summary: 'Longest line.',
      type: { kind: 'size', min: 1, max: 2 ** 28 },
      default: '1MiB',
    },
    { name: 'poll', summary: 'How often to look.', type: { kind: 'duration' }, default: 250 },
    {
      name: 'start',
      summary: 'Where to start.',
      type: { kind: 'enum', values: ['beginning', 'end'] },
      default: 'beginning',
    },
    { name: 'count', summary: 'How many.', type: { kind: 'integer', min: 0 } },
  ],
  example: 'type: file\npaths: [a.log]\n',
  check: (config) =>
    config.start === 'end' && config.follow === false
      ? [{ field: 'start', message: 'end without follow: true reads nothing' }]
      : [],
  create: never,
};

const transform = (name: string, fields: readonly Field[]): TransformDefinition => ({
  kind: 'transform',
  name,
  summary: `${name}.`,
  fields,
  example: `type: ${name}\n`,
  needs: never,
  shape: never,
  create: never,
});

const PARENTHESES: Field['type'] = {
  kind: 'string',
  format: 'expression',
  parse: (text) => {
    const at = text.indexOf(')');
    if (at !== -1 && !text.includes('(')) throw new FieldError('")" closes nothing', at, 'x');
    return text;
  },
};

const filter = transform('filter', [{ name: 'where', summary: 'Which.', type: PARENTHESES, required: true }]);
const map = transform('map', [
  { name: 'set', summary: 'Expressions.', type: { kind: 'map', values: EXPRESSION } },
  {
    name: 'add',
    summary: 'Values.',
    type: { kind: 'map', values: { kind: 'either', types: [{ kind: 'number' }, TEMPLATE] } },
  },
  { name: 'any', summary: 'Anything.', type: { kind: 'any' } },
]);

const stdout: SinkDefinition = {
  kind: 'sink',
  name: 'stdout',
  summary: 'Writes.',
  fields: [FORMAT, { name: 'prefix', summary: 'Before each record.', type: { kind: 'string' } }],
  example: 'type: stdout\n',
  create: never,
};

/** A few components with every type of field, to test checking for itself. */
export const FAKE: Catalogue = {
  sources: new Map([[file.name, file]]),
  transforms: new Map([filter, map].map((definition) => [definition.name, definition])),
  exchanges: new Map(),
  sinks: new Map([[stdout.name, stdout]]),
  queues: new Map(),
  formats: [],
};
