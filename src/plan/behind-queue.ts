import type { QueueDefinition, SourceDefinition } from '../component/index.js';
import type { DurableQueueConfig, Pipeline, Stage } from './pipeline.js';

/**
 * A pipeline in which other stages stand behind a durable queue. What fills the queue stays in it, so that it is known what its
 * records look like, but is none of the segment that reads the queue.
 * @param stage behind the queue as it is; it need not be there any more
 * @param behind in its place: the first of them gets what is in the queue
 */
export function pipelineBehind(
  pipeline: Pipeline,
  stage: string,
  definition: QueueDefinition,
  [first, ...others]: readonly [Stage, ...Stage[]],
): Pipeline {
  const known = pipeline.stages.find(({ id }) => id === stage);
  const before = known ? stagesBefore(known, pipeline.stages) : [unknownSource(first)];
  const inputs = known?.inputs ?? before.map(({ id }) => id);
  return { ...pipeline, stages: [...before, { ...first, inputs, queue: readOnly(definition) }, ...others] };
}

/** What reaches a stage, in the order of the file. */
function stagesBefore(stage: Stage, stages: readonly Stage[]): Stage[] {
  const reached = new Set(stage.inputs);
  for (const id of reached) {
    for (const input of stages.find((one) => one.id === id)!.inputs) reached.add(input);
  }
  return stages.filter(({ id }) => reached.has(id));
}

/** Nothing is put into it. */
function readOnly(definition: QueueDefinition): DurableQueueConfig {
  const partitioning = () => ({ partitions: 1 });
  return { type: definition.name, definition: { ...definition, partitioning }, config: {} };
}

const NO_SOURCE: SourceDefinition = {
  kind: 'source',
  name: 'unknown',
  summary: 'Stands for what has filled a queue.',
  fields: [],
  example: '',
  create: () => {
    throw new Error('what has filled a queue is not run when it is read');
  },
};

/** Gives records with any fields. */
function unknownSource({ position }: Stage): Stage {
  return {
    id: 'unknown stages',
    kind: 'source',
    type: NO_SOURCE.name,
    definition: NO_SOURCE,
    config: { format: { type: 'json' } },
    inputs: [],
    onError: { action: 'dead_letter' },
    position,
  };
}
