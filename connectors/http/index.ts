import {
  type Config,
  formatField,
  idempotencyKeyField,
  type SinkDefinition,
  type SourceDefinition,
  templateField,
  templateParts,
} from '#component';
import { checkClientTls, clientTlsField } from '../tls.js';
import { tryConnection } from './connect.js';
import { SOURCE_FIELDS } from './options.js';
import { createHttpSink, envelopeOfConfig } from './sink.js';
import { createHttpSource } from './source.js';

export const httpSource: SourceDefinition = {
  kind: 'source',
  name: 'http',
  summary:
    'Takes records by POST: one or many in a request, as JSON, NDJSON, lines or anything that a format reads, also compressed. A request is answered when its records are durable.',
  readsMessages: true,
  fields: [formatField('parser', 'json'), ...SOURCE_FIELDS],
  example: ['type: http', 'address: 127.0.0.1:8686', 'path: /orders', 'format: json', ''].join('\n'),
  check: ({ path }) =>
    (path as string).startsWith('/') && !/[?#]/.test(path as string)
      ? []
      : [{ field: 'path', message: `expected a path such as /orders, found ${JSON.stringify(path)}` }],
  create: createHttpSource,
};

export const httpSink: SinkDefinition = {
  kind: 'sink',
  name: 'http',
  summary:
    'Sends each record, or each batch, as a request. Answers that say "later" are followed by another attempt, other refusals follow on_error.',
  keepsState: true,
  fields: [
    templateField('url', 'Where requests go. What its parts give is escaped.', {
      required: true,
      example: 'https://stock.example/items/{sku}',
    }),
    templateField('method', 'The method.', {
      default: 'POST',
      example: '{deleted == true ? "DELETE" : "PUT"}',
    }),
    {
      name: 'headers',
      summary: 'Further headers: templates. One whose template is an expression without a value is left out.',
      type: { kind: 'map', values: templateField('header', 'A header.').type },
      example: { 'x-shop': '{shop}' },
    },
    {
      name: 'batch',
      summary:
        'One request for each batch instead of each record. Its records agree in url, method and headers.',
      type: { kind: 'boolean' },
      default: false,
    },
    idempotencyKeyField('The Idempotency-Key of each request'),
    formatField('encoder', 'json'),
    {
      name: 'token',
      summary: 'Sent as bearer token in the Authorization header.',
      type: { kind: 'secret' },
      example: '${STOCK_TOKEN}',
    },
    clientTlsField(
      'For HTTPS: the authorities that the receiver is checked by, and a certificate of our own.',
    ),
    {
      name: 'max_concurrency',
      summary:
        'The most requests at a time. There are fewer where the receiver is overloaded; with 1, records are sent in order.',
      type: { kind: 'integer', min: 1, max: 1024 },
      default: 32,
    },
    {
      name: 'timeout',
      summary: 'How long a request may take. Then it is tried again.',
      type: { kind: 'duration', min: 1 },
      default: 30_000,
    },
  ],
  example: [
    'type: http',
    'url: https://stock.example/items/{sku}/reservations',
    'max_concurrency: 8',
    '',
  ].join('\n'),
  check: checkSink,
  compare: tryConnection,
  envelope: envelopeOfConfig,
  create: createHttpSink,
};

function checkSink({ format, batch, tls, url, headers }: Config): { field: string; message: string }[] {
  const { type } = format as { readonly type: string };
  const problems: { field: string; message: string }[] = [];
  const [scheme] = templateParts(url as string);
  if (typeof scheme === 'string' && !/^https?:\/\/./.test(scheme))
    problems.push({
      field: 'url',
      message: `expected a URL such as https://stock.example/items, found "${url}"`,
    });
  for (const name of Object.keys(headers ?? {})) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      problems.push({ field: `headers.${name}`, message: 'this is no name of a header' });
  }
  if (type === 'arrow' && batch !== true)
    problems.push({
      field: 'format',
      message: 'arrow holds a batch: set batch: true, or choose another format',
    });
  problems.push(...checkClientTls(tls));
  return problems;
}
