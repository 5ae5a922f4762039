import type { FormatDefinition } from '../format.js';
import { GelfDecoder } from './decoder.js';

/** GELF, the JSON of Graylog. */
export const GELF_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'gelf',
  summary:
    'Messages of Graylog (GELF), one JSON object a line: host, short_message, full_message, level and what the sender adds ' +
    'are fields as they stand, timestamp becomes a time.',
  fields: [
    {
      name: 'mode',
      summary:
        'best_effort: a message needs a short_message, and its timestamp must be one. strict: messages that break any rule of ' +
        'GELF 1.1 are refused.',
      type: { kind: 'enum', values: ['best_effort', 'strict'] },
      default: 'best_effort',
    },
  ],
  example: 'gelf',
  decoder: {
    framing: () => 'lines',
    shape: () => ({ fields: new Map([['timestamp', 'timestamp']]), open: true }),
    sample: {
      input:
        '{"version":"1.1","host":"web-1","short_message":"disk is full","timestamp":1784344623.25,"level":3,"_disk":"sda1"}',
      output:
        '{"version":"1.1","host":"web-1","short_message":"disk is full","level":3,"_disk":"sda1",' +
        '"timestamp":"2026-07-18T03:17:03.250Z"}',
    },
    create: (config) => new GelfDecoder(config.mode === 'strict'),
  },
};
