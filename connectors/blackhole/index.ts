import { formatField, type SinkDefinition } from '#component';
import { createBlackholeSink } from './sink.js';

export const blackholeSink: SinkDefinition = {
  kind: 'sink',
  name: 'blackhole',
  summary: 'Takes records and forgets them, to measure everything that comes before it.',
  fields: [formatField('encoder', 'json')],
  example: ['type: blackhole', ''].join('\n'),
  create: createBlackholeSink,
};
