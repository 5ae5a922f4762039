import { FieldError, formatField, type SourceDefinition } from '#component';
import { createGenerateSource } from './source.js';

export const generateSource: SourceDefinition = {
  kind: 'source',
  name: 'generate',
  summary: 'Makes up records that look like real logs, the same ones for the same seed.',
  fields: [
    {
      name: 'kind',
      summary: 'Lines of a web server (`combined` format), or JSON documents of an application, one a line.',
      type: { kind: 'enum', values: ['access_log', 'app_json'] },
      default: 'access_log',
    },
    formatField('decoder', 'lines'),
    {
      name: 'seed',
      summary: 'Chooses the records.',
      type: { kind: 'integer', min: 0, max: 2 ** 32 - 1 },
      default: 1,
    },
    {
      name: 'count',
      summary: 'How many records to make; without it, as many as `duration` allows, or no end.',
      type: { kind: 'integer', min: 0 },
      example: 1000000,
    },
    {
      name: 'rate',
      summary: 'Records a second; without it, as fast as they are taken.',
      type: { kind: 'number', min: 0.001 },
      example: 1000,
    },
    { name: 'duration', summary: 'How long to go on.', type: { kind: 'duration' }, example: '30s' },
    {
      name: 'start_time',
      summary: 'The time of the first record, in UTC.',
      type: { kind: 'string', parse: parseStartTime },
      default: '2026-01-01T00:00:00Z',
      example: '2025-07-01T12:00:00Z',
    },
  ],
  example: ['type: generate', 'kind: access_log', 'format: combined', 'count: 1000', ''].join('\n'),
  create: createGenerateSource,
};

function parseStartTime(text: string): number {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) {
    throw new FieldError(`expected a time such as 2026-01-01T00:00:00Z, found "${text}"`);
  }
  return milliseconds;
}
