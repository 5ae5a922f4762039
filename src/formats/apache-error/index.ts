import type { FormatConfig, FormatDefinition } from '../format.js';
import { LineDecoder, shapeOfLine } from '../line/index.js';
import { TIME_FORMAT, TIMEZONE, TimeFormats, timeZoneOf } from '../options.js';
import { APACHE_ERROR_FIELDS, ApacheErrorParser } from './parser.js';

/** What httpd writes, and what logs have that look like its access logs. */
const TIME_FORMATS = ['%a %b %d %H:%M:%S%.f %Y', '%d/%b/%Y:%H:%M:%S %z'];

function parserOf(config: FormatConfig): ApacheErrorParser {
  const format = config.timestamp_format as string | undefined;
  return new ApacheErrorParser(
    new TimeFormats(format === undefined ? TIME_FORMATS : [format], timeZoneOf(config)),
  );
}

/** Error logs of Apache httpd, with the fields of Vector's parse_apache_log. */
export const APACHE_ERROR_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'apache_error',
  summary:
    'Error logs of Apache httpd 2.4 and 2.2, with the names that Vector gives their fields; what stands before the client ' +
    'is the field error. "-" is an absent field.',
  fields: [
    {
      name: 'timestamp_format',
      summary:
        'The format of times, as in strptime, where it is neither that of httpd nor that of access logs.',
      type: TIME_FORMAT,
      example: '%Y-%m-%d %H:%M:%S.%f',
    },
    TIMEZONE,
  ],
  example: '{type: apache_error, timezone: Europe/Paris}',
  decoder: {
    framing: () => 'lines',
    shape: () => shapeOfLine(APACHE_ERROR_FIELDS),
    sample: {
      input:
        '[Wed Oct 11 14:32:52.123456 2000] [core:error] [pid 35708:tid 4328636416] [client 192.0.2.7:35106] ' +
        'File does not exist: /var/www/cart',
      output:
        '{"timestamp":"2000-10-11T12:32:52.123456Z","module":"core","severity":"error","pid":35708,"thread":"4328636416",' +
        '"client":"192.0.2.7","port":35106,"message":"File does not exist: /var/www/cart"}',
    },
    create: (config) => new LineDecoder(parserOf(config)),
  },
};
