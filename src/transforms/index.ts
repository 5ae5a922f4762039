import type { TransformDefinition } from '../component/index.js';
import { DEDUPE } from './dedupe.js';
import { ENRICH } from './enrich/index.js';
import { EXPLODE } from './explode.js';
import { FILTER } from './filter.js';
import { JAVASCRIPT } from './javascript/index.js';
import { MAP } from './map.js';
import { PARSE } from './parse.js';
import { REDACT } from './redact/index.js';
import { ROUTE } from './route.js';
import { SAMPLE } from './sample.js';
import { THROTTLE } from './throttle.js';

export { EXCHANGES } from './exchange.js';
export { hashOfPartition, hashOfValue } from './hash.js';
export { EXPRESSION_FAILED, errorAt } from './record.js';

/** All transforms: the only list. */
export const TRANSFORMS: readonly TransformDefinition[] = [
  FILTER,
  MAP,
  PARSE,
  EXPLODE,
  ENRICH,
  REDACT,
  ROUTE,
  SAMPLE,
  DEDUPE,
  THROTTLE,
  JAVASCRIPT,
];
