export * from './bytes';
export * from './access';
export { copyMembers, decodeJson, unescapeJson, writeTextMember } from './json';
export { findItem, findMember, listItems } from './member';
export { writeJsonRows } from './rows';
export { countPlainLines } from './count';
export { finishCrc32c, foldCrc32c, sliceCrc32c } from './crc32c';
export { findSecret } from './secrets';
export { flattenJson } from './flatten';
export { hashTexts } from './hash';
export { resolveJson, walkJson } from './resolve';
export {
  countUp,
  mergeRows,
  selectContaining,
  selectEnding,
  selectEqual,
  selectEqualJson,
  selectRange,
  selectStarting,
  subtractRows,
} from './select';
