import type { SourceDefinition } from '#component';
import { FRAMING_FIELDS } from '../options.js';
import { createStdinSource } from './source.js';

export const stdinSource: SourceDefinition = {
  kind: 'source',
  name: 'stdin',
  summary: 'Reads records from standard input: a pipe, a file or a terminal.',
  fields: [
    {
      name: 'format',
      summary: 'How a record is decoded.',
      type: { kind: 'any' },
      default: { type: 'lines' },
    },
    ...FRAMING_FIELDS,
  ],
  example: ['type: stdin', 'format: json', ''].join('\n'),
  create: createStdinSource,
};
