export { MillraceError, messageOf } from '../base/errors.js';
export type { Partition } from '../batch/index.js';
export { type Field, FieldError, type FieldType } from '../config/fields.js';
export type * from './definition.js';
