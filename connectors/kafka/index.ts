import {
  type Config,
  type Finding,
  formatField,
  type QueueDefinition,
  type SinkDefinition,
  type SourceDefinition,
} from '#component';
import { payloadOf } from '../json.js';
import { CONNECTION_FIELDS, checkConnection } from './connection.js';
import { loadedQueue, loadedSink, loadedSource } from './loaded.js';
import { QUEUE_FIELDS, queueOptionsOf } from './queue-options.js';
import { checkCompression, envelopeOf, SINK_FIELDS, sinkOptionsOf } from './sink-options.js';
import { checkSource, SOURCE_FIELDS, sourceOptionsOf } from './source-options.js';

/** Loads the client only where someone wants to connect. */
const compare = async (config: Config): Promise<readonly Finding[]> => {
  const { tryConnection } = await import('./try-connection.js');
  return await tryConnection(config);
};

export const kafkaSource: SourceDefinition = {
  kind: 'source',
  name: 'kafka',
  summary: 'Reads topics of Kafka as a member of a consumer group, each message as a record.',
  readsMessages: true,
  fields: [...CONNECTION_FIELDS, ...SOURCE_FIELDS, formatField('parser', 'lines')],
  example: ['type: kafka', 'brokers: [localhost:9092]', 'topics: [orders]', 'format: json', ''].join('\n'),
  check: (config) => [...checkConnection(config), ...checkSource(config)],
  compare,
  create: (config, context) =>
    loadedSource(async () => {
      const [{ KafkaSource }, { PartitionReader }] = await Promise.all([
        import('./source.js'),
        import('./partition-reader.js'),
      ]);
      const options = await sourceOptionsOf(config, context);
      return new KafkaSource(options, context, (partition) => new PartitionReader(partition));
    }),
};

export const kafkaSink: SinkDefinition = {
  kind: 'sink',
  name: 'kafka',
  summary:
    'Writes each record as a message to a topic of Kafka, durably on all replicas in sync, and once where an answer was lost; with transactions once after a crash, too.',
  keepsState: true,
  fields: [...CONNECTION_FIELDS, ...SINK_FIELDS, formatField('encoder', 'json')],
  example: ['type: kafka', 'brokers: [localhost:9092]', 'topic: errors', 'key: "{host}"', ''].join('\n'),
  check: (config) => [...checkConnection(config), ...checkCompression(config)],
  compare,
  envelope: envelopeOf,
  create: (config, context) =>
    loadedSink(async () => {
      const { KafkaSink } = await import('./sink.js');
      return new KafkaSink(await sinkOptionsOf(config, context), context.log);
    }, config.transactional === true),
};

export const kafkaQueue: QueueDefinition = {
  kind: 'queue',
  name: 'kafka',
  summary:
    'In a topic of Kafka: the stages before and behind it may run in any number of processes, on any machines.',
  joinsProcesses: 'partitions',
  fields: [...CONNECTION_FIELDS, ...QUEUE_FIELDS],
  example: 'type: kafka\nbrokers: [localhost:9092]\npartitions: 12\nkey: host\n',
  check: (config) => [...checkConnection(config), ...checkCompression(config)],
  compare,
  partitioning: (config) => ({
    partitions: config.partitions as number,
    ...(config.key !== undefined && { key: config.key as string }),
    ...payloadOf(config),
  }),
  stored: async (config, context) => {
    const { storedQueue } = await import('./stored.js');
    return await storedQueue(await queueOptionsOf(config, context), context);
  },
  create: (config, context) =>
    loadedQueue(async () => {
      const { KafkaQueue } = await import('./queue.js');
      return new KafkaQueue(await queueOptionsOf(config, context), context);
    }, config.transactional === true),
};
