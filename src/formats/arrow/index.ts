import { wantedByColumns } from '../columnar/documents.js';
import type { FormatDefinition } from '../format.js';
import { ArrowEncoder } from './encoder.js';

/** An Arrow IPC stream, for sinks. */
export const ARROW_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'arrow',
  summary:
    'An Apache Arrow IPC stream. Fields that only the data knows are together in a last column, "document", as JSON.',
  fields: [],
  example: 'arrow',
  encoder: {
    framing: () => 'batches',
    wanted: (_config, shape) => wantedByColumns(shape),
    create: (_config, shape) => new ArrowEncoder(shape),
  },
};
