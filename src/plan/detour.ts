import type { SourceDefinition } from '../component/index.js';
import { durableQueueOf, withoutQueue } from './durable.js';
import type { Pipeline, Stage } from './pipeline.js';

/**
 * The part of a pipeline that records take which begin at a source and shall reach a stage, and what comes after that stage up to
 * the next durable queues. Beside this way nothing gets them: it has had them.
 * @param from another definition for the source, which reads what its format decodes
 */
export function detourThrough(
  pipeline: Pipeline,
  source: string,
  stage: string,
  from: SourceDefinition,
): Pipeline {
  const before = waysFrom(source, stage, pipeline.stages);
  const behind = reachedFrom(stage, pipeline.stages);
  const stages = pipeline.stages.flatMap((one): Stage[] => {
    if (one.id === source) return [{ ...one, definition: from }];
    const inputsIn = (some: ReadonlySet<string>) => one.inputs.filter((id) => some.has(id));
    if (one.id === stage || before.has(one.id)) return [{ ...withoutQueue(one), inputs: inputsIn(before) }];
    const inputs = inputsIn(behind);
    return inputs.length > 0 ? [{ ...one, inputs }] : [];
  });
  return { ...pipeline, stages };
}

/** The stages on the ways from the source to the stage, without the latter unless it is the source. */
function waysFrom(source: string, stage: string, stages: readonly Stage[]): Set<string> {
  const byId = new Map(stages.map((one) => [one.id, one]));
  const known = new Map<string, boolean>([[source, true]]);
  const leadsHere = (id: string): boolean => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const leads = byId.get(id)!.inputs.filter(leadsHere).length > 0;
    known.set(id, leads);
    return leads;
  };
  const ways = new Set<string>();
  const collect = (id: string): void => {
    if (ways.has(id) || !leadsHere(id)) return;
    ways.add(id);
    for (const input of byId.get(id)!.inputs) collect(input);
  };
  collect(stage);
  if (stage !== source) ways.delete(stage);
  return ways;
}

/** The stage and what comes after it, without stages that end the way, and what comes after these: those with durable queues. */
export function reachedFrom(
  stage: string,
  stages: readonly Stage[],
  ends: (one: Stage) => boolean = (one) => durableQueueOf(one) !== undefined,
): Set<string> {
  const reached = new Set([stage]);
  for (let size = 0; size < reached.size; ) {
    size = reached.size;
    for (const one of stages) {
      if (!ends(one) && one.inputs.some((id) => reached.has(id))) reached.add(one.id);
    }
  }
  return reached;
}
