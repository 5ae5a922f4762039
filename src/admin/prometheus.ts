import { type HistogramCounts, LATENCY_BOUNDS_MS, type Observation } from '../runtime/index.js';
import type { ObservedPipeline } from './recent.js';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

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

/**
 * What is known of a run, in the text format that Prometheus reads, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Durations are in seconds.
 */
export function prometheusText(observed: ObservedPipeline): string {
  const text = new MetricsText(observed.pipeline);
  stageMetrics(text, observed);
  queueMetrics(text, observed);
  const { workers, bottleneck } = observed;
  const checkpoints = observed.checkpoints.map((one) => [{ segment: one.segment }, one] as const);
  text.counter(
    'checkpoints',
    'Checkpoints written.',
    checkpoints.map(([labels, { count }]) => [labels, count]),
  );
  text.gauges('checkpoint', CHECKPOINT_GAUGES, checkpoints);
  text.counter('dead_letters', 'Records written to the dead letters.', [[{}, observed.deadLetters]]);
  text.gauge('workers', 'Worker threads.', [[{}, workers.count]]);
  text.gauge('trips_under_way', 'Batches that are with the workers.', [[{}, workers.tripsUnderWay]]);
  text.gauge(
    'bottleneck_wait_ratio',
    'The share of the last seconds for which the other parts waited for the one that limits the pipeline.',
    bottleneck ? [[{ stage: bottleneck.stage, kind: bottleneck.kind }, bottleneck.share]] : [],
  );
  text.gauge('draining', 'Whether the sources were told to end.', [[{}, Number(observed.draining)]]);
  text.gauge('run_seconds', 'How long the pipeline has been running.', [[{}, observed.elapsedMs / 1000]]);
  processMetrics(text, observed.process);
  return text.toString();
}

function stageMetrics(text: MetricsText, observed: ObservedPipeline): void {
  const stages = observed.stages.map(
    (stage) => [{ stage: stage.id, kind: stage.kind, type: stage.type }, stage] as const,
  );
  text.counters('stage', STAGE_COUNTERS, stages);
  const errors = stages.flatMap(([labels, stage]) =>
    Object.entries(stage.errors).map(([code, count]) => [{ ...labels, code }, count] as const),
  );
  text.counter('stage_errors', 'Errors by code, whatever became of the record.', errors);
  text.histogram(
    'stage_batch_duration_seconds',
    'How long a sink took to write a block, and a chain, under the name of its first stage, for a batch.',
    stages.flatMap(([labels, { latency }]) => (latency ? [[labels, latency] as const] : [])),
  );
}

function queueMetrics(text: MetricsText, observed: ObservedPipeline): void {
  const times = observed.chains.flatMap(({ id, timeMs }) =>
    Object.entries(timeMs).map(([state, ms]) => [{ chain: id, state }, ms / 1000] as const),
  );
  text.counter(
    'chain_seconds',
    'What stages that run together did with their time: working, waiting for input, or for room behind them (credit).',
    times,
  );
  const queues = observed.queues.map((queue) => [{ queue: queue.id }, queue] as const);
  text.gauges('queue', QUEUE_GAUGES, queues);
  text.counters('queue', QUEUE_COUNTERS, queues);
  const durable = observed.durableQueues.map(
    (queue) => [{ stage: queue.stage, type: queue.type }, queue] as const,
  );
  text.counters('durable_queue', DURABLE_QUEUE_COUNTERS, durable);
  const help = 'Records that wait in a durable queue.';
  text.gauges('durable_queue', [{ name: 'lag_records', help, of: ({ waiting }) => waiting }], durable);
}

/** Named as Prometheus' own libraries name them, and as OpenTelemetry's conventions for Node do. */
function processMetrics(text: MetricsText, process: Observation['process']): void {
  text.plain(
    'gauge',
    'process_resident_memory_bytes',
    'Resident memory of the process.',
    process.residentBytes,
  );
  text.plain('counter', 'process_cpu_seconds_total', 'Processor time of the process.', process.cpuMs / 1000);
  text.plain('gauge', 'nodejs_heap_size_used_bytes', 'JavaScript heap in use.', process.heapUsedBytes);
  text.plain(
    'gauge',
    'nodejs_eventloop_utilization_ratio',
    'The share of its time for which the main thread was busy.',
    process.eventLoopUtilization,
  );
  if (process.eventLoopDelayMs !== undefined)
    text.plain(
      'gauge',
      'nodejs_eventloop_delay_p99_seconds',
      'By how much the main thread was late, 99 times of 100 at most.',
      process.eventLoopDelayMs / 1000,
    );
}

/** Samples of those that have this value. */
function values<T>(all: readonly (readonly [Labels, T])[], of: (one: T) => number | undefined): Sample[] {
  return all.flatMap(([labels, one]) => {
    const value = of(one);
    return value === undefined ? [] : [[labels, value] as const];
  });
}

class MetricsText {
  readonly #pipeline: string;
  readonly #lines: string[] = [];

  constructor(pipeline: string) {
    this.#pipeline = pipeline;
  }

  counters<T>(of: string, metrics: readonly Metric<T>[], all: readonly (readonly [Labels, T])[]): void {
    for (const metric of metrics) this.counter(`${of}_${metric.name}`, metric.help, values(all, metric.of));
  }

  gauges<T>(of: string, metrics: readonly Metric<T>[], all: readonly (readonly [Labels, T])[]): void {
    for (const metric of metrics) this.gauge(`${of}_${metric.name}`, metric.help, values(all, metric.of));
  }

  counter(name: string, help: string, samples: readonly Sample[]): void {
    this.#add('counter', `millrace_${name}_total`, help, samples);
  }

  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#add('gauge', `millrace_${name}`, help, samples);
  }

  /** One that has no labels. */
  plain(type: 'counter' | 'gauge', name: string, help: string, value: number): void {
    this.#head(type, name, help);
    this.#lines.push(`${name} ${value}`);
  }

  histogram(name: string, help: string, all: readonly (readonly [Labels, HistogramCounts])[]): void {
    const full = `millrace_${name}`;
    if (all.length === 0) return;
    this.#head('histogram', full, help);
    for (const [labels, { counts, sumMs }] of all) {
      let count = 0;
      for (const [bucket, more] of counts.entries()) {
        count += more;
        const bound = LATENCY_BOUNDS_MS[bucket];
        this.#sample(
          `${full}_bucket`,
          { ...labels, le: bound === undefined ? '+Inf' : String(bound / 1000) },
          count,
        );
      }
      this.#sample(`${full}_sum`, labels, sumMs / 1000);
      this.#sample(`${full}_count`, labels, count);
    }
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #add(type: 'counter' | 'gauge', name: string, help: string, samples: readonly Sample[]): void {
    if (samples.length === 0) return;
    this.#head(type, name, help);
    for (const [labels, value] of samples) this.#sample(name, labels, value);
  }

  #head(type: string, name: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  #sample(name: string, labels: Labels, value: number): void {
    const all = Object.entries({ pipeline: this.#pipeline, ...labels });
    const text = all.map(([label, of]) => `${label}="${escaped(of)}"`).join(',');
    this.#lines.push(`${name}{${text}} ${value}`);
  }
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
