export * from './bytes';
export * from './access';
export { copyMembers, decodeJson, unescapeJson, writeTextMember } from './json';
export { findItem, findMember, listItems } from './member';
export { writeJsonRows } from './rows';
export { countPlainLines } from './count';
