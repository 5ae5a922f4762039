export * from './bytes';
export * from './access';
export { copyLine, copyMembers, decodeJson, unescapeJson, writeTextMember } from './json';
