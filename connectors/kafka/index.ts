import { formatField, type Source, type SourceDefinition } from '#component';
import { CONNECTION_FIELDS, checkConnection } from './connection.js';
import { checkSource, SOURCE_FIELDS, sourceOptionsOf } from './source-options.js';

export const kafkaSource: SourceDefinition = {
  kind: 'source',
  name: 'kafka',
  summary: 'Reads topics of Kafka as a member of a consumer group, each message as a record.',
  readsMessages: true,
  fields: [...CONNECTION_FIELDS, ...SOURCE_FIELDS, formatField('parser', 'lines')],
  example: ['type: kafka', 'brokers: [localhost:9092]', 'topics: [orders]', 'format: json', ''].join('\n'),
  check: (config) => [...checkConnection(config), ...checkSource(config)],
  create: (config, context) =>
    loadedSource(async () => {
      const { KafkaSource } = await import('./source.js');
      return new KafkaSource(sourceOptionsOf(config, context), context);
    }),
};

/** The client takes half a second to load: only a run that reads or writes Kafka waits for it. */
function loadedSource(load: () => Promise<Source>): Source {
  let source: Promise<Source> | undefined;
  return {
    read: async function* (outlet, signal, from) {
      source = load();
      yield* (await source).read(outlet, signal, from);
    },
    commit: async (positions) => (await source)?.commit?.(positions),
    close: async () => (await source)?.close(),
  };
}
