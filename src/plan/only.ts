import type { PlanProblem } from './knowledge.js';
import type { Plan, QueuePlan, SegmentPlan } from './plan.js';

/**
 * The part of a plan that one of several processes runs: the segments that hold the given stages, and the queues at their ends.
 * A queue whose other end is not among them has to be one that joins processes; each that is not is a problem of the stage
 * behind it.
 * @param stages ids of stages that the plan has
 */
export function onlySegmentsOf(
  plan: Plan,
  stages: readonly string[],
): { readonly plan: Plan; readonly problems: readonly PlanProblem[] } {
  const segments = plan.segments.filter((segment) => segment.stages.some((id) => stages.includes(id)));
  const ids = new Set(segments.map(({ id }) => id));
  const here = new Set(segments.flatMap((segment) => segment.stages));
  const ends = new Set(segments.flatMap(({ reads, writes }) => [...reads, ...writes]));
  const queues = [...plan.queues.values()].filter(({ id }) => ends.has(id));
  const problems = queues.flatMap((queue): PlanProblem[] => {
    const elsewhere = segmentElsewhere(queue, plan.segments, ids, here);
    if (elsewhere === undefined || queue.queue.definition.joinsProcesses) return [];
    return [{ stage: queue.stage, message: cannotCross(queue, elsewhere) }];
  });
  const only: Plan = {
    ...plan,
    stages: new Map([...plan.stages].filter(([id]) => here.has(id))),
    segments,
    queues: new Map(
      queues.map((queue) => {
        const producers = queue.producers.filter((id) => ids.has(id));
        return [queue.id, { ...queue, producers }];
      }),
    ),
  };
  return { plan: only, problems };
}

/** A segment at one of the queue's ends that is not run here. */
function segmentElsewhere(
  { stage, producers }: QueuePlan,
  segments: readonly SegmentPlan[],
  ids: ReadonlySet<string>,
  here: ReadonlySet<string>,
): string | undefined {
  if (!here.has(stage.id)) return segments.find((segment) => segment.stages.includes(stage.id))!.id;
  return producers.find((id) => !ids.has(id));
}

function cannotCross({ queue }: QueuePlan, elsewhere: string): string {
  return `its ${queue.type} queue is on this machine and in this process alone, and segment "${elsewhere}" at its other end is not run here: give it a queue in a broker (\`queue: amqp\` or \`queue: kafka\`), or run "${elsewhere}" too`;
}
