import { durableQueueOf, queueId } from './durable.js';
import type { PlanProblem } from './knowledge.js';
import type { Stage } from './pipeline.js';
import type { QueuePlan } from './plan.js';

/** The stages of a segment, inputs before their readers. */
export type SegmentStages = readonly Stage[];

/**
 * Parts the stages where durable queues are: what hangs together without passing one is a segment. Without durable queues
 * all is one segment.
 */
export function cutIntoSegments(order: readonly Stage[]): SegmentStages[] {
  if (!order.some(durableQueueOf)) return [order];
  const segmentOf = new Map<string, Stage[]>();
  for (const stage of order) {
    const segment = [stage];
    segmentOf.set(stage.id, segment);
    if (durableQueueOf(stage)) continue;
    for (const input of stage.inputs) unite(segmentOf.get(input)!, stage, segmentOf);
  }
  return [...new Set(segmentOf.values())].map((stages) => order.filter((stage) => stages.includes(stage)));
}

function unite(from: Stage[], stage: Stage, segmentOf: Map<string, Stage[]>): void {
  const into = segmentOf.get(stage.id)!;
  if (from === into) return;
  for (const one of from) {
    into.push(one);
    segmentOf.set(one.id, into);
  }
}

/** The id of a segment. */
export function segmentId([first]: SegmentStages): string {
  return first!.id;
}

/** The durable queues, with the segments that put records in. */
export function queuesBetween(segments: readonly SegmentStages[]): Map<string, QueuePlan> {
  const idOf = new Map(segments.flatMap((stages) => stages.map(({ id }) => [id, segmentId(stages)])));
  const queues = new Map<string, QueuePlan>();
  for (const stage of segments.flat()) {
    const queue = durableQueueOf(stage);
    if (!queue) continue;
    const producers = [...new Set(stage.inputs.map((input) => idOf.get(input)!))];
    queues.set(queueId(stage.id), { id: queueId(stage.id), stage, queue, producers });
  }
  return queues;
}

/**
 * Finds the queues whose records come back to the segment that puts them in: its checkpoints would wait for each other. That is
 * so where records also pass beside the queue, or where queues make a circle of segments.
 */
export function refuseReturns(
  segments: readonly SegmentStages[],
  queues: ReadonlyMap<string, QueuePlan>,
): PlanProblem[] {
  const idOf = new Map(segments.flatMap((stages) => stages.map(({ id }) => [id, segmentId(stages)])));
  const readers = new Map<string, string[]>();
  for (const { stage, producers } of queues.values()) {
    for (const producer of producers) {
      readers.set(producer, [...(readers.get(producer) ?? []), idOf.get(stage.id)!]);
    }
  }
  return [...queues.values()].flatMap(({ stage, producers }) => {
    const reached = reach(idOf.get(stage.id)!, readers);
    const back = producers.find((producer) => reached.has(producer));
    return back === undefined ? [] : [{ stage, message: returnsTo(stage, segments, back) }];
  });
}

function reach(from: string, readers: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const left = [from];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    left.push(...(readers.get(id) ?? []));
  }
  return reached;
}

function returnsTo(stage: Stage, segments: readonly SegmentStages[], producer: string): string {
  const stages = segments.find((segment) => segmentId(segment) === producer)!;
  const meets = stages.find(({ inputs, id }) => inputs.length > 1 && id !== stage.id)?.id ?? producer;
  return `what leaves its ${stage.queue!.type} queue meets records that have not passed it (at "${meets}"): give the other inputs of that stage a durable queue as well, or this one a memory queue`;
}
