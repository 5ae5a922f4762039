import { isDeepStrictEqual } from 'node:util';
import { Secret } from '../base/secrets.js';
import type { TransformDefinition } from '../component/index.js';
import type { Pipeline, Stage } from './pipeline-types.js';
import type { ChainPlan, Plan, QueuePlan, SegmentPlan } from './plan.js';

interface Version {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
}

/**
 * The segments that can go on as they run while the rest of the pipeline changes: they, their stages and the durable queues at their
 * ends are the same in both versions. By their ids.
 */
export function keptSegments(now: Version, next: Version): Set<string> {
  const { runtime, deadLetter } = now.pipeline;
  if (
    !isSame({ runtime, deadLetter }, { runtime: next.pipeline.runtime, deadLetter: next.pipeline.deadLetter })
  )
    return new Set();
  const others = new Map(next.plan.segments.map((segment) => [segment.id, segment]));
  const same = now.plan.segments.filter((segment) => {
    const other = others.get(segment.id);
    return other !== undefined && isSameSegment([segment, now], [other, next]);
  });
  const kept = new Set(same.map(({ id }) => id));
  // What several put into one queue is counted together.
  const shared = [...now.plan.queues.values()].map(({ producers }) => producers);
  for (let before = -1; before !== kept.size; ) {
    before = kept.size;
    for (const producers of shared)
      if (!producers.every((id) => kept.has(id))) for (const id of producers) kept.delete(id);
  }
  return kept;
}

type Segment = readonly [segment: SegmentPlan, version: Version];

function isSameSegment([segment, now]: Segment, [other, next]: Segment): boolean {
  if (!isSame(workOf(segment), workOf(other))) return false;
  const stagesOf = (ids: readonly string[], { plan }: Version) => ids.map((id) => plan.stages.get(id)!);
  const queuesOf = ({ reads, writes }: SegmentPlan, { plan }: Version) =>
    [...reads, ...writes].map((id) => partsOfQueue(plan.queues.get(id)!));
  const stages = stagesOf(segment.stages, now);
  return (
    !stages.some(readsFilesAtStart) &&
    isSame(stages.map(partsOf), stagesOf(other.stages, next).map(partsOf)) &&
    isSame(queuesOf(segment, now), queuesOf(other, next))
  );
}

/** What it does. How a durable queue is filled does not depend on the stage behind it. */
function workOf({ chains, ...rest }: SegmentPlan) {
  const nodesOf = ({ nodes }: ChainPlan) =>
    nodes.map(({ type, config, onError, ...node }) =>
      node.partitioning ? node : { type, config, onError, ...node },
    );
  return { ...rest, chains: chains.map((chain) => ({ ...chain, nodes: nodesOf(chain) })) };
}

/** Everything but where it stands in the file. */
function partsOf({ position: _, ...parts }: Stage): Omit<Stage, 'position'> {
  return parts;
}

function partsOfQueue({ id, stage, queue, producers }: QueuePlan) {
  return { id, stage: stage.id, queue, producers };
}

/** What it reads when it begins, such as a module or a certificate, may be another by now. */
function readsFilesAtStart({ definition, config }: Stage): boolean {
  return config.tls !== undefined || (definition as Partial<TransformDefinition>).resource !== undefined;
}

/** Of data as configurations hold it; secrets are compared by what they hide. */
function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Secret || b instanceof Secret)
    return a instanceof Secret && b instanceof Secret && a.reveal() === b.reveal();
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  if (!isPlain(a) || !isPlain(b)) return isDeepStrictEqual(a, b);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && (a[key] === b[key] || isSame(a[key], b[key])))
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
