export { PairsDecoder, type Repeated } from './decoder.js';
export { Pairs } from './pairs.js';
export { PairParser, ValueKind } from './parser.js';
