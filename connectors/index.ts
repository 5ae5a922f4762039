import type { QueueDefinition, SinkDefinition, SourceDefinition } from '#component';
import { amqpQueue, amqpSink, amqpSource } from './amqp/index.js';
import { blackholeSink } from './blackhole/index.js';
import { diskQueue } from './disk/index.js';
import { fileSink, fileSource } from './file/index.js';
import { generateSource } from './generate/index.js';
import { httpSink, httpSource } from './http/index.js';
import { kafkaQueue, kafkaSink, kafkaSource } from './kafka/index.js';
import { stdinSource } from './stdin/index.js';
import { stdoutSink } from './stdout/index.js';

/** Every source that a pipeline can name. A new one is listed here and nowhere else. */
export const SOURCES: readonly SourceDefinition[] = [
  amqpSource,
  fileSource,
  generateSource,
  httpSource,
  kafkaSource,
  stdinSource,
];

/** Every sink that a pipeline can name. */
export const SINKS: readonly SinkDefinition[] = [
  amqpSink,
  blackholeSink,
  fileSink,
  httpSink,
  kafkaSink,
  stdoutSink,
];

/** Every durable queue that a stage can have. */
export const QUEUES: readonly QueueDefinition[] = [amqpQueue, diskQueue, kafkaQueue];
