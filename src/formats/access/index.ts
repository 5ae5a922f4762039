import type { FormatDefinition } from '../format.js';
import { shapeOfLine } from '../line/index.js';
import { AccessLogDecoder } from './decoder.js';
import { COMBINED_FIELDS, COMMON_FIELDS } from './line.js';

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
  decoder: {
    framing: 'lines',
    shape: () => shapeOfLine(COMBINED_FIELDS),
    create: () => new AccessLogDecoder(true),
  },
};

/** The common log format (https://httpd.apache.org/docs/2.4/logs.html#common). */
export const COMMON_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'common',
  summary: 'Access logs in the common log format, without referrer and user agent. "-" is an absent field.',
  fields: [],
  example: 'common',
  decoder: {
    framing: 'lines',
    shape: () => shapeOfLine(COMMON_FIELDS),
    create: () => new AccessLogDecoder(false),
  },
};
