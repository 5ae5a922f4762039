export { type LineColumn, lineColumns, numberAt, shapeOfLine } from './columns.js';
export { LineDecoder } from './decoder.js';
export { type LineField, LineParser } from './parser.js';
