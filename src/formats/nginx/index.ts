import type { FormatConfig, FormatDefinition } from '../format.js';
import { LineDecoder, type LineParser, shapeOfLine } from '../line/index.js';
import { TIME_FORMAT, TIMEZONE, TimeFormats, timeZoneOf } from '../options.js';
import { accessFields, NginxAccessParser, type NginxLayout } from './access.js';
import { NGINX_ERROR_FIELDS, NginxErrorParser } from './error.js';

type Log = NginxLayout | 'error';

function logOf(config: FormatConfig): Log {
  return config.log as Log;
}

function parserOf(config: FormatConfig): LineParser {
  const log = logOf(config);
  const standard = log === 'error' ? '%Y/%m/%d %H:%M:%S' : '%d/%b/%Y:%H:%M:%S %z';
  const times = new TimeFormats(
    [(config.timestamp_format as string | undefined) ?? standard],
    timeZoneOf(config),
  );
  return log === 'error' ? new NginxErrorParser(times) : new NginxAccessParser(log, times);
}

/** Access and error logs of nginx and of its ingress controller, with the fields of Vector's parse_nginx_log. */
export const NGINX_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'nginx',
  summary:
    'Access and error logs of nginx, with the names that Vector gives their fields. "-" is an absent field. The format ' +
    'combined reads access logs faster, under the names of Apache, and takes the request apart.',
  fields: [
    {
      name: 'log',
      summary:
        'combined, main (the one of its packages and images), ingress_upstreaminfo (of the ingress controller; of several ' +
        'upstreams the last counts) or error.',
      type: { kind: 'enum', values: ['combined', 'main', 'ingress_upstreaminfo', 'error'] },
      default: 'combined',
    },
    {
      name: 'timestamp_format',
      summary: 'The format of times, as in strptime, where it is not that of nginx.',
      type: TIME_FORMAT,
      example: '%Y-%m-%dT%H:%M:%S%z',
    },
    TIMEZONE,
  ],
  example: '{type: nginx, log: error, timezone: Europe/Paris}',
  decoder: {
    framing: () => 'lines',
    shape: (config) => {
      const log = logOf(config);
      return shapeOfLine(log === 'error' ? NGINX_ERROR_FIELDS : accessFields(log));
    },
    sample: {
      input:
        '2021/04/01 13:02:31 [error] 31#31: *1 open() "/cart" failed, client: 192.0.2.7, server: shop, ' +
        'request: "GET /cart HTTP/1.1", host: "shop:80"',
      output:
        '{"timestamp":"2021-04-01T11:02:31Z","severity":"error","pid":31,"tid":31,"cid":1,"message":"open() \\"/cart\\" failed",' +
        '"client":"192.0.2.7","server":"shop","request":"GET /cart HTTP/1.1","host":"shop:80"}',
    },
    create: (config) => new LineDecoder(parserOf(config)),
  },
};
