import type { FormatDefinition } from '../format.js';
import { RegexDecoder } from './decoder.js';
import { compilePattern } from './pattern.js';

function parsePattern(text: string): string {
  compilePattern(text);
  return text;
}

/** Records taken apart by a regular expression. */
export const REGEX_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'regex',
  summary:
    'One record a line, taken apart by a regular expression: its named groups are the fields, all texts.',
  fields: [
    {
      name: 'pattern',
      summary:
        'A regular expression (RE2 syntax) with named groups, found anywhere in the line, in time linear in its length. A group that takes no part leaves its field absent.',
      type: { kind: 'string', format: 'regex', parse: parsePattern },
      required: true,
      example: '^(?<level>\\w+): (?<message>.*)$',
    },
  ],
  example: "{type: regex, pattern: '^(?<level>\\w+): (?<message>.*)$'}",
  decoder: {
    framing: () => 'lines',
    mayRunAway: true,
    shape: (config) => ({
      fields: new Map(compilePattern(config.pattern as string).names.map((name) => [name, 'text'])),
      open: false,
    }),
    sample: { input: 'warning: disk is full', output: '{"level":"warning","message":"disk is full"}' },
    create: (config) => new RegexDecoder(config.pattern as string),
  },
};
