import { loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Inbox } from '../flow/index.js';
import type { Plan, StageKind } from '../plan/index.js';
import type { HistogramCounts } from './histogram.js';
import type { ChainItem, SinkItem } from './items.js';
import type { Metrics } from './metrics.js';
import type { TimeTotals } from './time-use.js';

/**
 * What is known of a run at one moment: the one model that progress, the summary, `/metrics`, the API, `top` and the
 * dashboard show. Plain data. Sums count from the run's beginning.
 */
export interface Observation {
  readonly pipeline: string;
  readonly elapsedMs: number;
  readonly draining: boolean;
  /** Bytes of the inputs as they lie there; `total` only where all sources know it. */
  readonly progress: { readonly read: number; readonly total?: number };
  readonly stages: readonly StageObservation[];
  readonly chains: readonly ChainObservation[];
  readonly queues: readonly QueueObservation[];
  readonly durableQueues: readonly DurableQueueObservation[];
  readonly deadLetters: number;
  readonly workers: { readonly count: number; readonly tripsUnderWay: number };
  readonly process: ProcessObservation;
  readonly checkpoints: readonly {
    readonly segment: string;
    readonly count: number;
    readonly ageMs: number;
    readonly durationMs: number;
  }[];
}

export interface StageObservation {
  readonly id: string;
  readonly kind: StageKind;
  readonly type: string;
  readonly inputs: readonly string[];
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly dropped: number;
  readonly droppedByQueue: number;
  readonly deadLettered: number;
  readonly added: number;
  /** Read by a source, written by a sink. */
  readonly bytes?: number;
  readonly errors: Readonly<Record<string, number>>;
  /** In all threads together. */
  readonly workedMs: number;
  /** Of sinks and of the first stages of chains. */
  readonly latency?: HistogramCounts;
}

/** Stages that are fused into one trip to a worker. */
export interface ChainObservation {
  readonly id: string;
  readonly segment: string;
  readonly stages: readonly string[];
  readonly timeMs: TimeTotals;
}

/** The memory in front of a sink, a chain, or a durable queue. */
export interface QueueObservation {
  /** What takes from it: a stage, or a durable queue, which has one in each segment that it joins. */
  readonly id: string;
  readonly segment: string;
  /** The memory that it holds, what waits in it and what is being worked on, and how much it may be. */
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly queuedBytes: number;
  readonly queuedBatches: number;
  /** As far as they are counted yet: what a source has read is counted by its decoder. */
  readonly queuedRecords: number;
  readonly waitingSenders: number;
  /** For how long someone has waited for room in it. */
  readonly waitedForMs: number;
  /** For how long what is behind it has waited for something to come. */
  readonly idleMs: number;
  readonly oldestAgeMs: number;
}

export interface DurableQueueObservation {
  readonly id: string;
  /** The stage behind it. */
  readonly stage: string;
  readonly type: string;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly bytesIn: number;
  /** Records that wait in it, where that is known. */
  readonly waiting?: number;
}

export interface ProcessObservation {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly cpuMs: number;
  /** The share of the time for which the main thread was busy, from the beginning on. */
  readonly eventLoopUtilization: number;
  /** By how much it was late at most, 99 times of 100; only where someone measures it. */
  readonly eventLoopDelayMs?: number;
  /** Processes that want to run, over the last minute. */
  readonly load: number;
}

export function observeStages(plan: Plan, metrics: Metrics): StageObservation[] {
  const roots = new Set(plan.segments.flatMap(({ chains }) => chains.map(({ id }) => id)));
  return [...plan.stages.values()].map(({ id, kind, type, inputs }) => {
    const { bytes, errors, latency, ...counts } = metrics.stage(id);
    return {
      id,
      kind,
      type,
      inputs,
      ...counts,
      ...(kind !== 'transform' && { bytes }),
      errors: Object.fromEntries(errors),
      ...((kind === 'sink' || roots.has(id)) && { latency: latency.counts() }),
    };
  });
}

export function observeChains(plan: Plan, metrics: Metrics): ChainObservation[] {
  const chains = plan.segments.flatMap(({ id: segment, chains }) =>
    chains.map((chain) => ({ ...chain, segment })),
  );
  return chains.map(({ id, segment, nodes }) => ({
    id,
    segment,
    stages: [...new Set(nodes.filter(({ kind }) => kind !== 'send').map(({ stage }) => stage))],
    timeMs: metrics.chain(id).totals(),
  }));
}

export function observeInbox(
  id: string,
  segment: string,
  inbox: Inbox<ChainItem> | Inbox<SinkItem>,
): QueueObservation {
  const edges = inbox.edges;
  const sum = (of: (edge: (typeof edges)[number]) => number) =>
    edges.reduce((total, edge) => total + of(edge), 0);
  let queuedRecords = 0;
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const edge of edges) {
    for (const { item, atMs } of edge.queued()) {
      if (item.kind !== 'chunk') queuedRecords += item.records;
      oldestMs = Math.min(oldestMs, atMs);
    }
  }
  return {
    id,
    segment,
    usedBytes: sum(({ credit }) => credit.used),
    limitBytes: sum(({ credit }) => credit.limit),
    queuedBytes: sum((edge) => edge.queuedBytes),
    queuedBatches: sum((edge) => edge.queuedItems),
    queuedRecords,
    waitingSenders: sum((edge) => edge.waitingSenders),
    waitedForMs: Math.max(...edges.map(({ credit }) => credit.waitedMs)),
    idleMs: inbox.idleMs,
    oldestAgeMs: Math.max(0, performance.now() - oldestMs),
  };
}

export function observeProcess(): ProcessObservation {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: rss,
    heapUsedBytes: heapUsed,
    cpuMs: (user + system) / 1000,
    eventLoopUtilization: performance.eventLoopUtilization().utilization,
    load: loadavg()[0]!,
  };
}
