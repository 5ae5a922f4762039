import type { FormatDefinition } from '../format.js';
import { shapeOfLine } from '../line/index.js';
import { AccessLogDecoder } from './decoder.js';
import { COMBINED_FIELDS, COMMON_FIELDS } from './line.js';

const LINE = '192.0.2.7 - alice [10/Oct/2000:13:55:36 -0700] "GET /cart HTTP/1.1" 200 2326';
const MEMBERS =
  '"host":"192.0.2.7","user":"alice","timestamp":"2000-10-10T20:55:36Z","method":"GET","path":"/cart",' +
  '"protocol":"HTTP/1.1","status":200,"size":2326';

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
    framing: () => 'lines',
    shape: () => shapeOfLine(COMBINED_FIELDS),
    sample: {
      input: `${LINE} "https://shop.example/" "Mozilla/5.0"`,
      output: `{${MEMBERS},"referrer":"https://shop.example/","agent":"Mozilla/5.0"}`,
    },
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
    framing: () => 'lines',
    shape: () => shapeOfLine(COMMON_FIELDS),
    sample: { input: LINE, output: `{${MEMBERS}}` },
    create: () => new AccessLogDecoder(false),
  },
};
