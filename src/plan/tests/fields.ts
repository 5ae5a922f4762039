import { EXPRESSION, FieldError } from '../../component/index.js';
import type { Field, FieldType } from '../../config/index.js';

const RECORD: FieldType = { kind: 'map', values: { kind: 'any' } };
const TEXT: FieldType = { kind: 'string' };
const LINES_OR_RECORDS: FieldType = { kind: 'list', items: { kind: 'either', types: [RECORD, TEXT] } };
const ITEMS: FieldType = { kind: 'list', items: { kind: 'either', types: [RECORD, EXPRESSION] } };

const MESSAGE_FIELDS: readonly Field[] = [
  { name: 'text', summary: 'The message, as text.', type: TEXT, required: true },
  {
    name: 'meta',
    summary: 'What its source says of it: `meta.<name>` in expressions.',
    type: RECORD,
    example: { headers: { trace: 't-1' } },
  },
];

const GIVEN_FIELDS: readonly Field[] = [
  { name: 'text', summary: 'The bytes that the source reads, as text.', type: TEXT },
  {
    name: 'file',
    summary: 'A file with the bytes that the source reads; its path begins at the folder of this file.',
    type: TEXT,
    example: 'sample.log',
  },
  {
    name: 'messages',
    summary: 'The messages that a source of messages reads: texts, or maps of text and meta.',
    type: {
      kind: 'list',
      items: { kind: 'either', types: [{ kind: 'object', fields: MESSAGE_FIELDS }, TEXT] },
    },
  },
  { name: 'records', summary: 'Records, in their order.', type: { kind: 'list', items: RECORD } },
  { name: 'from', summary: 'What `meta.file` says of the records.', type: TEXT, example: '/var/log/a.log' },
];

const EXPECTED_FIELDS: readonly Field[] = [
  {
    name: 'records',
    summary: 'All records, in their order: their fields, or an expression that is true for the record.',
    type: ITEMS,
  },
  {
    name: 'contains',
    summary: 'Some of the records: the fields that are named here, or an expression that is true for one.',
    type: ITEMS,
  },
  { name: 'where', summary: 'An expression that is true for every record.', type: EXPRESSION },
  { name: 'count', summary: 'How many records there are.', type: { kind: 'integer', min: 0 } },
  { name: 'text', summary: 'What a sink writes, byte for byte.', type: TEXT },
];

const LETTER_FIELDS: readonly Field[] = [
  { name: 'stage', summary: 'The stage that refused the record.', type: TEXT },
  { name: 'code', summary: 'The code of the error.', type: TEXT, example: 'decode_failed' },
  { name: 'message', summary: 'The message of the error.', type: TEXT },
  { name: 'record', summary: 'The bytes of the record, as text.', type: TEXT },
  { name: 'source', summary: 'The source that read it.', type: TEXT },
  { name: 'partition', summary: 'Where the source read it.', type: TEXT },
  { name: 'offset', summary: 'Its position there.', type: { kind: 'integer', min: 0 } },
  { name: 'attempts', summary: 'How often it was tried.', type: { kind: 'integer', min: 1 } },
];

const SINK: Field = { name: 'stage', summary: 'The sink.', type: TEXT, required: true };

/** Of a fault one is given. */
const FAULT_FIELDS: readonly Field[] = [
  {
    name: 'fail',
    summary: 'The next writes of a sink fail.',
    type: {
      kind: 'object',
      fields: [
        SINK,
        { name: 'times', summary: 'How many writes.', type: { kind: 'integer', min: 1 }, default: 1 },
        {
          name: 'retryable',
          summary: 'Whether trying again can help. Where it cannot, the sink refuses what it was given.',
          type: { kind: 'boolean' },
          default: true,
        },
        { name: 'code', summary: 'The code of the error.', type: TEXT, default: 'injected_fault' },
      ],
    },
    example: { stage: 'out', times: 2 },
  },
  {
    name: 'slow',
    summary: 'Each write of a sink takes this much longer.',
    type: {
      kind: 'object',
      fields: [
        SINK,
        {
          name: 'delay',
          summary: 'By how much.',
          type: { kind: 'duration', min: 1 },
          required: true,
          example: '50ms',
        },
      ],
    },
  },
  {
    name: 'crash',
    summary: 'The process ends in the middle of its work, and goes on at its last checkpoint.',
    type: {
      kind: 'object',
      fields: [
        {
          name: 'after',
          summary: 'When the sources have read so many batches, each of one record.',
          type: { kind: 'string', format: 'number of batches such as 3 batches', parse: parseBatches },
          required: true,
          example: '3 batches',
        },
      ],
    },
  },
];

const TEST_FIELDS: readonly Field[] = [
  { name: 'name', summary: 'What the test shows, in a few words.', type: TEXT, required: true },
  {
    name: 'now',
    summary: 'The time at which the records are read.',
    type: { kind: 'string', format: 'time such as 2026-01-01T00:00:00Z', parse: parseTime },
    example: '2026-01-01T00:00:00Z',
  },
  {
    name: 'given',
    summary:
      'What stages get, by their names: lines (texts) or records (maps), or where the lines are. The sources read this and nothing else.',
    type: {
      kind: 'map',
      values: { kind: 'either', types: [LINES_OR_RECORDS, { kind: 'object', fields: GIVEN_FIELDS }] },
    },
    required: true,
  },
  {
    name: 'expect',
    summary:
      'What comes out of sources and transforms and arrives at sinks, by their names: all records in their order, or what is true of them.',
    type: {
      kind: 'map',
      values: { kind: 'either', types: [ITEMS, { kind: 'object', fields: EXPECTED_FIELDS }] },
    },
  },
  {
    name: 'dead_letters',
    summary:
      'The dead letters, in any order, by the fields that are named; without this key there must be none.',
    type: { kind: 'list', items: { kind: 'object', fields: LETTER_FIELDS } },
    example: [{ stage: 'web', code: 'decode_failed' }],
  },
  {
    name: 'dropped',
    summary: 'How many records stages leave out on purpose, by their names.',
    type: { kind: 'map', values: { kind: 'integer', min: 0 } },
    example: { server_errors: 2 },
  },
  {
    name: 'fails',
    summary: 'The code of the error with which the run stops; without it, the run must come to its end.',
    type: TEXT,
    example: 'decode_failed',
  },
  {
    name: 'faults',
    summary: 'What goes wrong meanwhile: sinks that fail or are slow, and crashes, one after another.',
    type: { kind: 'list', items: { kind: 'object', fields: FAULT_FIELDS } },
    example: [{ fail: { stage: 'out', times: 2 } }],
  },
];

export const TESTS_FIELD: Field = {
  name: 'tests',
  summary: 'What `millrace test` runs: records that stages are given, and what is expected to come out.',
  type: { kind: 'list', items: { kind: 'object', fields: TEST_FIELDS } },
};

function parseTime(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new FieldError(`expected a time such as 2026-01-01T00:00:00Z, found ${JSON.stringify(text)}`);
  }
  return ms;
}

function parseBatches(text: string): number {
  const count = Number(/^([1-9]\d{0,5}) batch(?:es)?$/.exec(text)?.[1]);
  if (Number.isNaN(count))
    throw new FieldError(`expected a number of batches such as 3 batches, found ${JSON.stringify(text)}`);
  return count;
}
