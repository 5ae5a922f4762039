import { wantedByColumns } from '../columnar/documents.js';
import type { Decoder, FormatDefinition } from '../format.js';
import { ArrowDecoder } from './decoder.js';
import { ArrowEncoder } from './encoder.js';

const REFUSES_ALL: Decoder = {
  decode: (_arena, { count }) => ({
    columns: new Map(),
    document: undefined,
    refused: Array.from({ length: count }, (_, row) => ({ row, message: 'Arrow is read from sources only' })),
  }),
};

/** Arrow IPC: streams, and files to read. */
export const ARROW_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'arrow',
  summary:
    'Apache Arrow IPC: a stream, or to read also a file. A sink writes fields that only the data knows together into a last column, "document", as JSON, of which a source makes them again.',
  fields: [],
  example: 'arrow',
  decoder: {
    framing: () => 'arrow',
    preambleLines: () => 1,
    shape: () => ({ fields: new Map(), open: true }),
    create: () => REFUSES_ALL,
    createForPieces: () => new ArrowDecoder(),
  },
  encoder: {
    framing: () => 'batches',
    wanted: (_config, shape) => wantedByColumns(shape),
    create: (_config, shape) => new ArrowEncoder(shape),
  },
};
