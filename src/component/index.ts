export { type Backoff, backoffMs } from '../base/backoff.js';
export { BearerToken } from '../base/bearer-token.js';
export { MillraceError, messageOf } from '../base/errors.js';
export type { JsonValue } from '../base/json.js';
export { Random, weighted } from '../base/random.js';
export { Secret } from '../base/secrets.js';
export {
  fileIdentity,
  isDiskFull,
  type Storage,
  type StoredFile,
  type StoredFileStats,
} from '../base/storage.js';
export { SyncGroup } from '../base/sync-group.js';
export {
  checksum,
  type DetachedBatch,
  type DetachedMeta,
  type DetachedVector,
  type Partition,
  Tag,
} from '../batch/index.js';
export { type Field, FieldError, type FieldType, type Finding } from '../config/fields.js';
export {
  EXPRESSION,
  PATH_TEMPLATE,
  type PathTemplate,
  parsePathTemplate,
  TEMPLATE,
  templateParts,
} from '../expression/index.js';
export { FlatTable, MessageType, messageAt, type Written } from '../formats/index.js';
export {
  extentOf,
  type LogFrame,
  type LogOptions,
  LogReader,
  type LogState,
  LogWriter,
  offsetAtTime,
} from '../log/index.js';
export { Claims } from './claims.js';
export type * from './definition.js';
export type * from './described.js';
export {
  blockOfRows,
  bytesAt,
  envelopeValue,
  joinColumns,
  payloadOf,
  textOf,
} from './envelope.js';
export {
  checkMultiline,
  expressionField,
  formatField,
  idempotencyKeyField,
  idempotencyKeyOf,
  MULTILINE_FIELD,
  readsOf,
  readsOfEnvelope,
  readsOfPath,
  templateField,
} from './fields.js';
export { Framer } from './framing.js';
export type {
  FramingOptions,
  FramingState,
  LongLines,
  ReadBytes,
  ResumeOf,
  Turn,
} from './framing-types.js';
export { lentPart } from './lent-part.js';
export { linesOf, MessageWriter } from './message-writer.js';
export type * from './queue.js';
export type * from './queued.js';
export { type RecordEnds, recordEndsOf } from './record-ends.js';
export type * from './sink.js';
export type * from './source.js';
