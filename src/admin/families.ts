import type { HistogramCounts, Observation } from '../runtime/index.js';
import type { ObservedPipeline } from './recent.js';

export type Labels = Readonly<Record<string, string>>;
type Values<T> = readonly (readonly [labels: Labels, value: T])[];

/** One thing that is counted or measured, for all that have it. */
export type Family = FamilyHead &
  (
    | { readonly kind: 'counter' | 'gauge'; readonly values: Values<number> }
    | { readonly kind: 'histogram'; readonly values: Values<HistogramCounts> }
  );

interface FamilyHead {
  /** In snake_case, its unit at its end: `used_bytes`. */
  readonly name: string;
  /** What has it, such as `queue`; in Prometheus the beginning of the name. */
  readonly of?: string;
  readonly help: string;
  /** Where libraries and OpenTelemetry's conventions have names for it; then it has no labels. */
  readonly common?: { readonly prometheus: string; readonly opentelemetry: string };
}

/** A metric that many have. */
interface Metric<T> {
  readonly name: string;
  readonly help: string;
  /** Undefined where this one has none. */
  readonly of: (one: T) => number | undefined;
}

type Of<K extends 'stages' | 'queues' | 'durableQueues' | 'checkpoints'> = Observation[K][number];

const STAGE_COUNTERS: readonly Metric<Of<'stages'>>[] = [
  { name: 'records_in', help: 'Records that came to a stage.', of: (stage) => stage.recordsIn },
  { name: 'records_out', help: 'Records that a stage passed on.', of: (stage) => stage.recordsOut },
  {
    name: 'records_dropped',
    help: 'Records that a stage left out on purpose.',
    of: (stage) => stage.dropped,
  },
  {
    name: 'records_dropped_by_queue',
    help: 'Records that the full queue in front of a stage dropped.',
    of: (stage) => stage.droppedByQueue,
  },
  {
    name: 'dead_letters',
    help: 'Records that a stage made dead letters.',
    of: (stage) => stage.deadLettered,
  },
  {
    name: 'records_added',
    help: 'Records that a stage made beyond those that came.',
    of: (stage) => stage.added,
  },
  { name: 'bytes', help: 'Bytes that a source read or a sink wrote.', of: (stage) => stage.bytes },
  {
    name: 'working_seconds',
    help: 'How long a stage has worked, in all threads together.',
    of: (stage) => stage.workedMs / 1000,
  },
];

const QUEUE_GAUGES: readonly Metric<Of<'queues'>>[] = [
  {
    name: 'used_bytes',
    help: 'Credit in use: what waits in a queue and what is being worked on.',
    of: (queue) => queue.usedBytes,
  },
  { name: 'limit_bytes', help: 'The credit that a queue has to give.', of: (queue) => queue.limitBytes },
  { name: 'waiting_bytes', help: 'Bytes that wait in a queue.', of: (queue) => queue.queuedBytes },
  { name: 'waiting_batches', help: 'Batches that wait in a queue.', of: (queue) => queue.queuedBatches },
  {
    name: 'waiting_records',
    help: 'Records that wait in a queue, as far as they are counted.',
    of: (queue) => queue.queuedRecords,
  },
  { name: 'waiting_senders', help: 'Who waits for room in a queue.', of: (queue) => queue.waitingSenders },
  {
    name: 'oldest_age_seconds',
    help: 'How long the oldest batch has waited.',
    of: (queue) => queue.oldestAgeMs / 1000,
  },
];

const QUEUE_COUNTERS: readonly Metric<Of<'queues'>>[] = [
  {
    name: 'blocked_seconds',
    help: 'For how long someone has waited for room in a queue.',
    of: (queue) => queue.waitedForMs / 1000,
  },
  {
    name: 'idle_seconds',
    help: 'For how long what is behind a queue has waited for something to come.',
    of: (queue) => queue.idleMs / 1000,
  },
];

const DURABLE_QUEUE_COUNTERS: readonly Metric<Of<'durableQueues'>>[] = [
  { name: 'records_in', help: 'Records put into a durable queue.', of: (queue) => queue.recordsIn },
  { name: 'records_out', help: 'Records taken from a durable queue.', of: (queue) => queue.recordsOut },
  { name: 'bytes_in', help: 'Bytes put into a durable queue.', of: (queue) => queue.bytesIn },
];

const CHECKPOINT_GAUGES: readonly Metric<Of<'checkpoints'>>[] = [
  { name: 'age_seconds', help: 'Time since the last checkpoint.', of: ({ ageMs }) => ageMs / 1000 },
  {
    name: 'duration_seconds',
    help: 'How long the last checkpoint took.',
    of: ({ durationMs }) => durationMs / 1000,
  },
];

/** All that is told of a run. Durations are in seconds. */
export function familiesOf(observed: ObservedPipeline): Family[] {
  const { workers, bottleneck } = observed;
  const checkpoints = observed.checkpoints.map((one) => [{ segment: one.segment }, one] as const);
  return [
    ...stageFamilies(observed),
    ...queueFamilies(observed),
    counter(
      'checkpoints',
      'Checkpoints written.',
      valuesOf(checkpoints, ({ count }) => count),
    ),
    ...gauges('checkpoint', CHECKPOINT_GAUGES, checkpoints),
    counter('dead_letters', 'Records written to the dead letters.', [[{}, observed.deadLetters]]),
    gauge('workers', 'Worker threads.', [[{}, workers.count]]),
    gauge('trips_under_way', 'Batches that are with the workers.', [[{}, workers.tripsUnderWay]]),
    gauge(
      'bottleneck_wait_ratio',
      'The share of the last seconds for which the other parts waited for the one that limits the pipeline.',
      bottleneck ? [[{ stage: bottleneck.stage, kind: bottleneck.kind }, bottleneck.share]] : [],
    ),
    gauge('draining', 'Whether the sources were told to end.', [[{}, Number(observed.draining)]]),
    gauge('run_seconds', 'How long the pipeline has been running.', [[{}, observed.elapsedMs / 1000]]),
    ...processFamilies(observed.process),
  ].filter(({ values }) => values.length > 0);
}

function stageFamilies(observed: ObservedPipeline): Family[] {
  const stages = observed.stages.map(
    (stage) => [{ stage: stage.id, kind: stage.kind, type: stage.type }, stage] as const,
  );
  const errors = stages.flatMap(([labels, stage]) =>
    Object.entries(stage.errors).map(([code, count]) => [{ ...labels, code }, count] as const),
  );
  return [
    ...counters('stage', STAGE_COUNTERS, stages),
    counter('errors', 'Errors by code, whatever became of the record.', errors, 'stage'),
    {
      kind: 'histogram',
      of: 'stage',
      name: 'batch_duration_seconds',
      help: 'How long a sink took to write a block, and a chain, under the name of its first stage, for a batch.',
      values: stages.flatMap(([labels, { latency }]) => (latency ? [[labels, latency] as const] : [])),
    },
  ];
}

function queueFamilies(observed: ObservedPipeline): Family[] {
  const times = observed.chains.flatMap(({ id, timeMs }) =>
    Object.entries(timeMs).map(([state, ms]) => [{ chain: id, state }, ms / 1000] as const),
  );
  const queues = observed.queues.map(
    (queue) => [{ queue: queue.id, segment: queue.segment }, queue] as const,
  );
  const durable = observed.durableQueues.map(
    (queue) => [{ stage: queue.stage, type: queue.type }, queue] as const,
  );
  const help = 'Records that wait in a durable queue.';
  return [
    counter(
      'seconds',
      'What stages that run together did with their time: working, waiting for input, or for room behind them (credit).',
      times,
      'chain',
    ),
    ...gauges('queue', QUEUE_GAUGES, queues),
    ...counters('queue', QUEUE_COUNTERS, queues),
    ...counters('durable_queue', DURABLE_QUEUE_COUNTERS, durable),
    ...gauges('durable_queue', [{ name: 'lag_records', help, of: ({ waiting }) => waiting }], durable),
  ];
}

/** Named as Prometheus' own libraries name them, and as OpenTelemetry's conventions do. */
function processFamilies(process: Observation['process']): Family[] {
  const common = (
    kind: 'counter' | 'gauge',
    [prometheus, opentelemetry]: readonly [string, string],
    help: string,
    value: number | undefined,
  ): Family => {
    const values = value === undefined ? [] : [[{}, value] as const];
    return { kind, name: prometheus, common: { prometheus, opentelemetry }, help, values };
  };
  const { residentBytes, cpuMs, heapUsedBytes, eventLoopUtilization, eventLoopDelayMs } = process;
  return [
    common(
      'gauge',
      ['process_resident_memory_bytes', 'process.memory.usage'],
      'Resident memory of the process.',
      residentBytes,
    ),
    common(
      'counter',
      ['process_cpu_seconds_total', 'process.cpu.time'],
      'Processor time of the process.',
      cpuMs / 1000,
    ),
    common(
      'gauge',
      ['nodejs_heap_size_used_bytes', 'v8js.memory.heap.used'],
      'JavaScript heap in use.',
      heapUsedBytes,
    ),
    common(
      'gauge',
      ['nodejs_eventloop_utilization_ratio', 'nodejs.eventloop.utilization'],
      'The share of its time for which the main thread was busy.',
      eventLoopUtilization,
    ),
    common(
      'gauge',
      ['nodejs_eventloop_delay_p99_seconds', 'nodejs.eventloop.delay.p99'],
      'By how much the main thread was late, 99 times of 100 at most.',
      eventLoopDelayMs === undefined ? undefined : eventLoopDelayMs / 1000,
    ),
  ];
}

function counter(name: string, help: string, values: Values<number>, of?: string): Family {
  return { kind: 'counter', name, help, values, ...(of !== undefined && { of }) };
}

function gauge(name: string, help: string, values: Values<number>, of?: string): Family {
  return { kind: 'gauge', name, help, values, ...(of !== undefined && { of }) };
}

function counters<T>(of: string, metrics: readonly Metric<T>[], all: Values<T>): Family[] {
  return metrics.map((metric) => counter(metric.name, metric.help, valuesOf(all, metric.of), of));
}

function gauges<T>(of: string, metrics: readonly Metric<T>[], all: Values<T>): Family[] {
  return metrics.map((metric) => gauge(metric.name, metric.help, valuesOf(all, metric.of), of));
}

/** Of those that have this value. */
function valuesOf<T>(all: Values<T>, of: (one: T) => number | undefined): Values<number> {
  return all.flatMap(([labels, one]) => {
    const value = of(one);
    return value === undefined ? [] : [[labels, value] as const];
  });
}
