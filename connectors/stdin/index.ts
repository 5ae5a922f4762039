import { checkMultiline, formatField, type SourceDefinition } from '#component';
import { FRAMING_FIELDS } from '../options.js';
import { createStdinSource } from './source.js';

export const stdinSource: SourceDefinition = {
  kind: 'source',
  name: 'stdin',
  summary: 'Reads records from standard input: a pipe, a file or a terminal.',
  fields: [formatField('decoder', 'lines'), ...FRAMING_FIELDS],
  example: ['type: stdin', 'format: json', ''].join('\n'),
  check: checkMultiline,
  create: createStdinSource,
};
