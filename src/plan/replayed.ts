import type { QueueDefinition, Readers } from '../component/index.js';
import { pipelineBehind } from './behind-queue.js';
import { reachedFrom } from './detour.js';
import { durableQueueOf, withoutQueue } from './durable.js';
import { choosesReaders } from './knowledge.js';
import type { Pipeline, Stage } from './pipeline.js';

export interface ReplayedPipeline {
  readonly pipeline: Pipeline;
  /** The stage that gets what the queue has stored. */
  readonly first: string;
}

/**
 * The part of a pipeline that records take which come out of the durable queue in front of a stage, up to the next such queues; or with
 * `into` all of it, with that sink in the place of those that are there.
 */
export function replayedPipeline(
  pipeline: Pipeline,
  stage: string,
  definition: QueueDefinition,
  into?: Stage,
): ReplayedPipeline {
  const behind = into ? withSink(pipeline, stage, into) : untilNextQueues(pipeline, stage);
  return { pipeline: pipelineBehind(pipeline, stage, definition, behind), first: behind[0].id };
}

type Stages = readonly [Stage, ...Stage[]];

function untilNextQueues({ stages }: Pipeline, stage: string): Stages {
  const reached = reachedFrom(stage, stages);
  const others = stages.flatMap((one): Stage[] => {
    const inputs = one.inputs.filter((id) => reached.has(id));
    return one.id === stage || inputs.length === 0 ? [] : [{ ...one, inputs }];
  });
  return [stages.find(({ id }) => id === stage)!, ...others];
}

/** What would go to several sinks comes to the one once from each stage that passes it on. */
function withSink({ stages }: Pipeline, stage: string, into: Stage): Stages {
  const { queue: _, ...sink } = into;
  const first = stages.find(({ id }) => id === stage)!;
  if (first.kind === 'sink') return [{ ...sink, inputs: [] }];
  const reached = reachedFrom(stage, stages, () => false);
  const behind = stages.filter(({ id }) => reached.has(id));
  const sinks = new Set(behind.flatMap(({ id, kind }) => (kind === 'sink' ? [id] : [])));
  const inputs = new Set(behind.flatMap((one) => (sinks.has(one.id) ? one.inputs : [])));
  const others = behind.flatMap((one): Stage[] => {
    if (sinks.has(one.id) || one === first) return [];
    const own = durableQueueOf(one) ? withoutQueue(one) : one;
    return [{ ...withReaders(own, sinks, into.id), inputs: one.inputs.filter((id) => reached.has(id)) }];
  });
  const reading = [...inputs].filter((id) => reached.has(id));
  return [withReaders(first, sinks, into.id), ...others, { ...sink, inputs: reading }];
}

/** One reader asks for what several have asked for. */
function withReaders(stage: Stage, replaced: ReadonlySet<string>, reader: string): Stage {
  if (!choosesReaders(stage)) return stage;
  const entries = Object.entries(stage.config.readers as Readers);
  const asked = entries.flatMap(([id, one]) => (replaced.has(id) ? one : []));
  const kept = entries.filter(([id]) => !replaced.has(id));
  const { alternate_exchange: alternate } = stage.config;
  const moved = typeof alternate === 'string' && replaced.has(alternate) && { alternate_exchange: reader };
  const readers = Object.fromEntries([...kept, [reader, asked]]);
  return { ...stage, config: { ...stage.config, readers, ...moved } };
}
