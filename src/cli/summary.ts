import { formatDurationMs, formatSize } from '../base/units.js';
import type { Plan, StageKind } from '../plan/index.js';
import { type Bottleneck, bottleneckOf, bottleneckText, type Run } from '../runtime/index.js';
import { formatCount, formatRate, type Paint, plural, shortCount, table } from './render.js';
import { readBy } from './sampler.js';
import { checkSums, type Sums } from './sums.js';

/** What a run has done. Plain data: as it stands, it is the last line of the log. */
export interface Summary {
  readonly pipeline: string;
  readonly outcome: 'done' | 'drained' | 'failed';
  readonly elapsedMs: number;
  readonly bytesRead: number;
  readonly recordsRead: number;
  readonly bytesPerSecond: number;
  readonly recordsPerSecond: number;
  readonly stages: readonly StageSummary[];
  /** The durable queues; only where there are some. */
  readonly queues?: readonly QueueSummary[];
  readonly errors: readonly { readonly stage: string; readonly code: string; readonly count: number }[];
  readonly deadLetters: number;
  /** Of the whole run; only where something has waited for something. */
  readonly bottleneck?: Bottleneck;
  /** Only where the run came to its end: a failure leaves records under way. */
  readonly sums?: Sums;
  /** Only where the run went on at a checkpoint and found nothing to read after it: when that was made. */
  readonly nothingNewSince?: string;
}

export interface StageSummary {
  readonly stage: string;
  readonly kind: StageKind;
  readonly type: string;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly dropped: number;
  readonly droppedByQueue: number;
  readonly deadLetters: number;
  /** Only where the stage made records beyond those that it got. */
  readonly added?: number;
  /** Of sources and sinks. */
  readonly bytes?: number;
}

export interface QueueSummary {
  /** The stage behind it. */
  readonly queue: string;
  readonly type: string;
  readonly recordsIn: number;
  readonly recordsOut: number;
  /** Records that wait in it, where that is known. */
  readonly waiting?: number;
  readonly bytesIn: number;
}

type Finished = Pick<Run, 'observe' | 'metrics' | 'resumedFromMs' | 'queueLag'>;

export function summarize(
  run: Finished,
  plan: Plan,
  outcome: Summary['outcome'],
  elapsedMs: number,
): Summary {
  const { metrics, resumedFromMs } = run;
  const observation = run.observe();
  const bottleneck = bottleneckOf(observation);
  const { bytes, records } = readBy(observation.stages);
  const taken = [...metrics.queues.values()].reduce((sum, { recordsOut }) => sum + recordsOut, 0);
  const isNothingNew = resumedFromMs !== undefined && records + taken === 0;
  const seconds = Math.max(0.001, elapsedMs / 1000);
  const stages = [...plan.stages.values()].map(({ id, kind, type }): StageSummary => {
    const { recordsIn, recordsOut, dropped, droppedByQueue, deadLettered, added, bytes } = metrics.stage(id);
    const counts = { recordsIn, recordsOut, dropped, droppedByQueue, deadLetters: deadLettered };
    return {
      stage: id,
      kind,
      type,
      ...counts,
      ...(added > 0 && { added }),
      ...((kind === 'source' || kind === 'sink') && { bytes }),
    };
  });
  return {
    pipeline: plan.name,
    outcome,
    elapsedMs: Math.round(elapsedMs),
    bytesRead: bytes,
    recordsRead: records,
    bytesPerSecond: Math.round(bytes / seconds),
    recordsPerSecond: Math.round(records / seconds),
    stages,
    ...(plan.queues.size > 0 && { queues: queueSummaries(run, plan) }),
    errors: [...metrics.stages].flatMap(([stage, { errors }]) =>
      [...errors].map(([code, count]) => ({ stage, code, count })),
    ),
    deadLetters: metrics.deadLetters,
    ...(bottleneck && { bottleneck }),
    ...(outcome !== 'failed' && { sums: checkSums(plan, metrics) }),
    ...(isNothingNew && { nothingNewSince: new Date(resumedFromMs).toISOString() }),
  };
}

function queueSummaries(run: Finished, plan: Plan): QueueSummary[] {
  const lags = run.queueLag();
  return [...plan.queues.values()].map(({ id, stage, queue }) => {
    const waiting = lags.get(id);
    return {
      queue: stage.id,
      type: queue.type,
      ...run.metrics.queue(id),
      ...(waiting !== undefined && { waiting }),
    };
  });
}

const OUTCOMES = { done: 'done', drained: 'stopped and drained', failed: 'failed' } as const;

/**
 * The summary as people read it.
 * @param file of the pipeline, as it was given
 */
export function summaryLines(summary: Summary, file: string, paint: Paint): string[] {
  const { pipeline, outcome, elapsedMs, bytesRead, bytesPerSecond, recordsPerSecond, sums } = summary;
  const title = `${pipeline}: ${OUTCOMES[outcome]} in ${formatDurationMs(elapsedMs)}`;
  const rates = `${formatSize(bytesRead)} read, ${formatRate(bytesPerSecond)}, ${shortCount(recordsPerSecond)} records/s`;
  const lines = ['', `${paint('bold', title)}  ${rates}`, '', ...stageLines(summary, paint)];
  if (summary.queues) lines.push('', ...queueLines(summary.queues, paint));
  if (summary.bottleneck) lines.push('', paint('dim', `limited by ${bottleneckText(summary.bottleneck)}`));
  if (summary.errors.length > 0) lines.push('', ...errorLines(summary, paint));
  if (summary.deadLetters > 0)
    lines.push('', `${plural(summary.deadLetters, 'dead letter')}: look with "millrace dlq list ${file}"`);
  if (summary.nothingNewSince !== undefined) {
    const advice = `nothing new to read since ${summary.nothingNewSince}; --fresh starts over`;
    lines.push('', paint('yellow', advice));
  }
  if (sums) lines.push('', paint(sums.addUp ? 'green' : 'red', sums.sentence));
  else
    lines.push(
      '',
      paint('dim', 'the counts are those at the failure: what was under way is in none of them'),
    );
  return lines;
}

function stageLines({ stages }: Summary, paint: Paint): string[] {
  const byQueue = stages.some(({ droppedByQueue }) => droppedByQueue > 0);
  const header = ['stage', 'kind', 'records in', 'records out', 'dropped', 'dead letters', 'bytes'];
  if (byQueue) header.push('dropped by its queue');
  const someAdded = stages.some(({ added }) => added !== undefined);
  if (someAdded) header.push('added');
  const rows = stages.map((stage) => [
    stage.stage,
    `${stage.type} ${stage.kind}`,
    formatCount(stage.recordsIn),
    formatCount(stage.recordsOut),
    formatCount(stage.dropped),
    formatCount(stage.deadLetters),
    stage.bytes === undefined ? '' : formatCount(stage.bytes),
    ...(byQueue ? [formatCount(stage.droppedByQueue)] : []),
    ...(someAdded ? [formatCount(stage.added ?? 0)] : []),
  ]);
  const [first, ...rest] = table([header, ...rows], new Set([2, 3, 4, 5, 6, 7, 8]));
  return [paint('dim', first!), ...rest];
}

function queueLines(queues: readonly QueueSummary[], paint: Paint): string[] {
  const header = ['queue in front of', 'type', 'records in', 'records out', 'waiting', 'bytes in'];
  const rows = queues.map(({ queue, type, recordsIn, recordsOut, waiting, bytesIn }) => [
    queue,
    type,
    formatCount(recordsIn),
    formatCount(recordsOut),
    waiting === undefined ? '' : formatCount(waiting),
    formatCount(bytesIn),
  ]);
  const [first, ...rest] = table([header, ...rows], new Set([2, 3, 4, 5]));
  return [paint('dim', first!), ...rest];
}

function errorLines({ errors }: Summary, paint: Paint): string[] {
  const rows = errors.map(({ stage, code, count }) => [stage, code, formatCount(count)]);
  const [first, ...rest] = table([['stage', 'error', 'times'], ...rows], new Set([2]));
  return [paint('dim', first!), ...rest];
}
