import type { Shape } from '../../batch/index.js';
import type { FormatDefinition } from '../format.js';
import { JsonDecoder } from './decode.js';
import { JsonEncoder } from './encode.js';

const SHAPE: Shape = { fields: new Map(), open: true };

/** NDJSON: one JSON document a line (RFC 8259). */
export const JSON_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'json',
  verbatim: true,
  summary:
    'One JSON document a line (NDJSON). The members of an object are its fields; any other value is the field "message". ' +
    'Blank lines and lines that are no JSON are refused.',
  fields: [],
  example: 'json',
  decoder: {
    framing: () => 'lines',
    shape: () => SHAPE,
    sample: { input: '{"level":"info","took":0.25}', output: '{"level":"info","took":0.25}' },
    create: () => new JsonDecoder(),
  },
  encoder: {
    framing: () => 'lines',
    wanted: () => ({ names: new Set(), all: true }),
    create: () => new JsonEncoder(),
  },
};
