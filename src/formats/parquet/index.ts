import { wantedByColumns } from '../columnar/documents.js';
import type { FormatDefinition } from '../format.js';
import { type Codec, ParquetEncoder } from './encoder.js';

/** Apache Parquet, for files. */
export const PARQUET_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'parquet',
  summary:
    'An Apache Parquet file, for sinks that write files. Each batch is a row group. Fields that only the data knows are together in a last column, "document", as JSON.',
  fields: [
    {
      name: 'codec',
      summary: 'How its pages are compressed. zstd needs Node 22.15 or newer.',
      type: { kind: 'enum', values: ['gzip', 'zstd', 'none'] },
      default: 'gzip',
    },
  ],
  example: '{type: parquet, codec: gzip}',
  encoder: {
    framing: () => 'batches',
    needsFile: true,
    wanted: (_config, shape) => wantedByColumns(shape),
    create: (config, shape) => new ParquetEncoder(shape, config.codec as Codec),
  },
};
