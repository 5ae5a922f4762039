import type { FieldKind, Shape } from '../../batch/index.js';
import { DOCUMENT_COLUMN } from '../columnar/documents.js';
import type { ThriftStruct } from './thrift.js';

/** Parquet's numbers (https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift). */
export const Physical = { BOOLEAN: 0, INT64: 2, DOUBLE: 5, BYTE_ARRAY: 6 } as const;
export const Encoding = { PLAIN: 0, RLE: 3, RLE_DICTIONARY: 8 } as const;
const Repetition = { REQUIRED: 0, OPTIONAL: 1 } as const;
/** What readers before logical types go by. */
const Converted = { UTF8: 0, TIMESTAMP_MICROS: 10, JSON: 19 } as const;

export interface ParquetColumn {
  readonly name: string;
  readonly kind: FieldKind;
  readonly physical: number;
}

/** The columns of a file: those of the shape, and where records may have others one more for these. */
export function columnsOf({ fields, open }: Shape): ParquetColumn[] {
  const columns = [...fields].map(([name, kind]) => ({ name, kind, physical: physicalOf(kind) }));
  if (open) columns.push({ name: DOCUMENT_COLUMN, kind: 'any', physical: Physical.BYTE_ARRAY });
  return columns;
}

function physicalOf(kind: FieldKind): number {
  switch (kind) {
    case 'int':
    case 'timestamp':
      return Physical.INT64;
    case 'double':
      return Physical.DOUBLE;
    case 'bool':
      return Physical.BOOLEAN;
    default:
      return Physical.BYTE_ARRAY;
  }
}

/** The list of SchemaElement: the root, then a leaf for each column. */
export function schemaElements(columns: readonly ParquetColumn[]): ThriftStruct[] {
  const root: ThriftStruct = {
    3: { i32: Repetition.REQUIRED },
    4: { binary: 'schema' },
    5: { i32: columns.length },
  };
  return [root, ...columns.map(leafOf)];
}

function leafOf({ name, kind, physical }: ParquetColumn): ThriftStruct {
  const leaf = { 1: { i32: physical }, 3: { i32: Repetition.OPTIONAL }, 4: { binary: name } };
  const logical = (id: number, struct: ThriftStruct): ThriftStruct => ({ [id]: { struct } });
  switch (kind) {
    case 'text':
      return { ...leaf, 6: { i32: Converted.UTF8 }, 10: { struct: logical(1, {}) } };
    case 'any':
      return { ...leaf, 6: { i32: Converted.JSON }, 10: { struct: logical(12, {}) } };
    case 'timestamp': {
      const micros: ThriftStruct = { 2: { struct: {} } };
      const type: ThriftStruct = { 1: { bool: true }, 2: { struct: micros } };
      return { ...leaf, 6: { i32: Converted.TIMESTAMP_MICROS }, 10: { struct: logical(8, type) } };
    }
    default:
      return leaf;
  }
}
