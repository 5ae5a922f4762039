import { FieldError } from '../../config/fields.js';
import type { FormatDefinition } from '../format.js';
import { ArrowEncoder, DOCUMENT_COLUMN } from './encoder.js';

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
    wanted: (_config, shape) => {
      if (shape.open && shape.fields.has(DOCUMENT_COLUMN)) {
        throw new FieldError(
          `the field "${DOCUMENT_COLUMN}" has the name of the column for all other fields: rename it`,
        );
      }
      return { names: new Set(shape.fields.keys()), all: shape.open };
    },
    create: (_config, shape) => new ArrowEncoder(shape),
  },
};
