import { type Config, formatField, type SourceDefinition } from '#component';
import { checkClientTls } from '../tls.js';
import { CONNECTION_FIELDS } from './options.js';
import { createAmqpSource } from './source.js';
import { checkTopology, parseEntityName, TOPOLOGY_FIELD } from './topology-fields.js';

export const amqpSource: SourceDefinition = {
  kind: 'source',
  name: 'amqp',
  summary:
    'Reads a queue of RabbitMQ (AMQP 0-9-1). A message is acknowledged when a checkpoint holds it, so that after a crash the broker gives again what was not.',
  readsMessages: true,
  fields: [
    formatField('parser', 'json'),
    {
      name: 'queue',
      summary: 'The queue. It must be there, or be declared by topology.',
      type: { kind: 'string', format: 'name', parse: parseEntityName },
      required: true,
      example: 'orders.new',
    },
    {
      name: 'framing',
      summary: 'Whether each message is a record, or each of its lines.',
      type: { kind: 'enum', values: ['message', 'lines'] },
      default: 'message',
    },
    {
      name: 'prefetch',
      summary:
        'The most messages that are on their way or wait for a checkpoint. There are fewer where they are large.',
      type: { kind: 'integer', min: 1, max: 65_535 },
      default: 10_000,
    },
    {
      name: 'follow',
      summary: 'Whether it waits for more when the queue is empty, or ends.',
      type: { kind: 'boolean' },
      default: true,
    },
    ...CONNECTION_FIELDS,
    TOPOLOGY_FIELD,
  ],
  example: [
    'type: amqp',
    'url: amqp://shop:secret@rabbit:5672',
    'queue: orders.new',
    'format: json',
    '',
  ].join('\n'),
  check: checkCommon,
  create: createAmqpSource,
};

function checkCommon(config: Config): { field: string; message: string }[] {
  return [...checkClientTls(config.tls), ...checkTopology(config)];
}
