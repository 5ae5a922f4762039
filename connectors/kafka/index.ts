import { formatField, type Sink, type SinkDefinition, type Source, type SourceDefinition } from '#component';
import { CONNECTION_FIELDS, checkConnection } from './connection.js';
import { checkSink, envelopeOf, SINK_FIELDS, sinkOptionsOf } from './sink-options.js';
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
      return new KafkaSource(await sourceOptionsOf(config, context), context);
    }),
};

export const kafkaSink: SinkDefinition = {
  kind: 'sink',
  name: 'kafka',
  summary:
    'Writes each record as a message to a topic of Kafka, durably on all replicas in sync, and once where an answer was lost.',
  keepsState: true,
  fields: [...CONNECTION_FIELDS, ...SINK_FIELDS, formatField('encoder', 'json')],
  example: ['type: kafka', 'brokers: [localhost:9092]', 'topic: errors', 'key: "{host}"', ''].join('\n'),
  check: (config) => [...checkConnection(config), ...checkSink(config)],
  envelope: envelopeOf,
  create: (config) =>
    loadedSink(async () => {
      const { KafkaSink } = await import('./sink.js');
      return new KafkaSink(await sinkOptionsOf(config));
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

function loadedSink(load: () => Promise<Sink>): Sink {
  let sink: Promise<Sink> | undefined;
  return {
    open: async (state) => {
      sink = load();
      return (await sink).open(state);
    },
    write: async (block, signal) => (await (await sink!).write(block, signal)) ?? [],
    prepare: async () => (await sink!).prepare(),
    close: async () => (await sink)?.close(),
  };
}
