import { formatField, type SinkDefinition } from '#component';
import { createStdoutSink } from './sink.js';

export const stdoutSink: SinkDefinition = {
  kind: 'sink',
  name: 'stdout',
  summary: 'Writes records to standard output, as fast as its reader takes them.',
  fields: [formatField('encoder', 'json')],
  example: ['type: stdout', 'format: json', ''].join('\n'),
  create: createStdoutSink,
};
