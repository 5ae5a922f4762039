export { Arena, ArenaFull } from './arena.js';
export {
  attachBatch,
  type DetachedBatch,
  type DetachedMeta,
  type DetachedVector,
  detachBatch,
  detachedRecords,
  questionsOf,
} from './arrow.js';
export {
  type Batch,
  type Document,
  fieldOf,
  gatherRecords,
  gatherRows,
  type Partition,
  type Records,
  sliceRows,
} from './batch.js';
export { checksum } from './checksum.js';
export type { Escort, Questions } from './escort.js';
export { compileKernels, type KernelModule, type Kernels } from './kernels/kernels.js';
export { partOfBatch } from './part.js';
export { SECRET_KINDS, SecretFinder, type SecretKind } from './secrets.js';
export { EMPTY_SHAPE, type FieldKind, type Shape, unionOf } from './shape.js';
export {
  constantNumber,
  constantText,
  gather,
  setView,
  Tag,
  textAddress,
  textAt,
  textLength,
  textVector,
  type Vector,
} from './vector.js';
export { ArenaWriter } from './writer.js';
