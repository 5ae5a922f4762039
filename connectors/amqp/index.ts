import {
  type Config,
  formatField,
  type QueueDefinition,
  type SinkDefinition,
  type SourceDefinition,
  templateField,
} from '#component';
import { PAYLOAD_FIELD, payloadOf } from '../json.js';
import { checkClientTls } from '../tls.js';
import { compareWithBroker } from './connect.js';
import { CONNECTION_FIELDS } from './options.js';
import { AmqpQueue } from './queue.js';
import { createAmqpSink, envelopeOfConfig } from './sink.js';
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
  takesRejections: true,
  compare: (config, context) => compareWithBroker(config, context, { queue: config.queue as string }),
  create: createAmqpSource,
};

export const amqpSink: SinkDefinition = {
  kind: 'sink',
  name: 'amqp',
  summary:
    'Publishes each record, or each batch, as a message to RabbitMQ (AMQP 0-9-1). It counts as written when the broker has confirmed it.',
  keepsState: true,
  fields: [
    {
      name: 'exchange',
      summary: 'The exchange. To the default one, which is "", routing keys are the names of queues.',
      type: { kind: 'string', format: 'name', parse: parseEntityName },
      default: '',
      example: 'alerts',
    },
    templateField('routing_key', 'The routing key.', { default: '', example: 'web.{area}.{status}' }),
    {
      name: 'headers',
      summary:
        'Headers: templates. One that is an expression and nothing else keeps the type of its value, and is left out where there is none.',
      type: { kind: 'map', values: templateField('header', 'A header.').type },
      example: { region: '{region}' },
    },
    formatField('encoder', 'json'),
    {
      name: 'batch',
      summary:
        'One message for each batch instead of each record. Its records agree in routing key, headers and properties.',
      type: { kind: 'boolean' },
      default: false,
    },
    templateField(
      'message_id',
      'The message-id; of a batch that of its first record, and how many it has. It is the same whenever a record is sent again.',
      { default: '{meta.id}' },
    ),
    {
      name: 'persistent',
      summary: 'Whether durable queues keep the messages on their disks.',
      type: { kind: 'boolean' },
      default: true,
    },
    {
      name: 'mandatory',
      summary: 'Whether a message for which no queue is bound follows on_error, or is lost without a word.',
      type: { kind: 'boolean' },
      default: true,
    },
    {
      name: 'content_type',
      summary: 'The content type; without it that of the format.',
      type: { kind: 'string' },
      example: 'application/json',
    },
    templateField('priority', 'The priority, from 0 to 255.', { example: '{urgent ? 9 : 0}' }),
    templateField('expiration', 'After so many milliseconds in a queue the message is dropped.', {
      example: '60000',
    }),
    templateField('correlation_id', 'The correlation-id.', { example: '{request_id}' }),
    {
      name: 'window',
      summary: 'The most messages that are on their way and not confirmed.',
      type: { kind: 'integer', min: 1, max: 65_535 },
      default: 2000,
    },
    ...CONNECTION_FIELDS,
    TOPOLOGY_FIELD,
  ],
  example: [
    'type: amqp',
    'url: amqp://shop:secret@rabbit:5672',
    'exchange: alerts',
    'routing_key: web.{status}',
    '',
  ].join('\n'),
  check: checkSink,
  compare: (config, context) => compareWithBroker(config, context, { exchange: config.exchange as string }),
  envelope: envelopeOfConfig,
  create: createAmqpSink,
};

function checkSink(config: Config): { field: string; message: string }[] {
  const { type } = config.format as { readonly type: string };
  const message = 'arrow holds a batch: set batch: true, or choose another format';
  return [
    ...(type === 'arrow' && config.batch !== true ? [{ field: 'format', message }] : []),
    ...checkCommon(config),
  ];
}

function checkCommon(config: Config): { field: string; message: string }[] {
  return [...checkClientTls(config.tls), ...checkTopology(config)];
}

export const amqpQueue: QueueDefinition = {
  kind: 'queue',
  name: 'amqp',
  summary:
    'A durable quorum queue of RabbitMQ: what is in it outlives the run, and any number of processes on any number of machines may put records in and take them out.',
  joinsProcesses: 'competing',
  fields: [
    {
      name: 'queue',
      summary: 'Its name on the broker; by default <pipeline>.<stage>.',
      type: { kind: 'string', format: 'name', parse: parseEntityName },
      example: 'shop.parsed',
    },
    {
      name: 'prefetch',
      summary:
        'The most batches that are on their way to one process, or wait there for a checkpoint; with `payload: json` sixteen records count as a batch. There are fewer where they are large.',
      type: { kind: 'integer', min: 1, max: 1000 },
      default: 64,
    },
    {
      name: 'max_bytes',
      summary:
        'How much may wait in it; when it is full, the stages before it wait. Without it, the broker decides.',
      type: { kind: 'size', min: 2 ** 20 },
      example: '10GiB',
    },
    PAYLOAD_FIELD,
    ...CONNECTION_FIELDS,
  ],
  example: 'type: amqp\nurl: amqp://shop:secret@rabbit:5672\n',
  check: ({ tls }) => checkClientTls(tls),
  partitioning: (config) => ({ partitions: 1, ...payloadOf(config) }),
  create: (config, context) => new AmqpQueue(config, context),
};
