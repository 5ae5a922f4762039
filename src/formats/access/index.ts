import type { FieldKind, Shape } from '../../batch/index.js';
import type { FormatDefinition } from '../format.js';
import { AccessLogDecoder } from './decoder.js';
import { ACCESS_FIELDS } from './line.js';

function shapeOf(names: readonly string[]): Shape {
  const kindOf = (name: string): FieldKind =>
    name === 'timestamp' ? 'timestamp' : name === 'status' || name === 'size' ? 'int' : 'text';
  return { fields: new Map(names.map((name) => [name, kindOf(name)])), open: false };
}

const COMBINED_SHAPE = shapeOf(ACCESS_FIELDS);
const COMMON_SHAPE = shapeOf(ACCESS_FIELDS.slice(0, -2));

/**
 * The combined log format of Apache httpd and NGINX (https://httpd.apache.org/docs/2.4/logs.html#combined). As in
 * Vector's parse_apache_log, fields after the user agent are ignored.
 */
export const COMBINED_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'combined',
  summary: 'Access logs of Apache httpd and NGINX, with referrer and user agent. "-" is an absent field.',
  fields: [],
  example: 'combined',
  decoder: { framing: 'lines', shape: () => COMBINED_SHAPE, create: () => new AccessLogDecoder(true) },
};

/** The common log format (https://httpd.apache.org/docs/2.4/logs.html#common). */
export const COMMON_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'common',
  summary: 'Access logs in the common log format, without referrer and user agent. "-" is an absent field.',
  fields: [],
  example: 'common',
  decoder: { framing: 'lines', shape: () => COMMON_SHAPE, create: () => new AccessLogDecoder(false) },
};
