import type { FormatDefinition } from '../format.js';
import { PairsDecoder } from '../pairs/index.js';
import { LogfmtEncoder } from './encoder.js';
import { LogfmtParser } from './parser.js';

/** `key=value` pairs (https://brandur.org/logfmt), in the grammar of go-logfmt; a key without `=` is `true`, as in Vector. */
export const LOGFMT_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'logfmt',
  verbatim: true,
  summary: 'key=value pairs, one record a line. Values are texts; a key without "=" is true.',
  fields: [],
  example: 'logfmt',
  decoder: {
    framing: () => 'lines',
    shape: () => ({ fields: new Map(), open: true }),
    sample: {
      input: 'level=info msg="it works" took=5ms cached',
      output: '{"level":"info","msg":"it works","took":"5ms","cached":true}',
    },
    create: () => new PairsDecoder(new LogfmtParser()),
  },
  encoder: {
    framing: () => 'lines',
    wanted: (_config, shape) => ({ names: new Set(shape.fields.keys()), all: shape.open }),
    create: () => new LogfmtEncoder(),
  },
};
