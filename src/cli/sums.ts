import { choosesReaders, durableQueueOf, type Plan, queueId, type Stage } from '../plan/index.js';
import type { Metrics, StageCounts } from '../runtime/index.js';
import { formatCount, plural } from './render.js';

export interface Sums {
  readonly addUp: boolean;
  /** One sentence: that nothing is missing, or where something is. */
  readonly sentence: string;
}

/**
 * Checks that no record was lost without being counted: in + added = out + dropped + dead letters in every stage, and in front
 * of every stage, what its inputs put out = what it took in + what its full queue dropped.
 */
export function checkSums(plan: Plan, metrics: Metrics): Sums {
  const wrong = [
    ...[...plan.stages.values()].flatMap((stage) => wrongSums(stage, plan, metrics)),
    ...[...plan.queues.values()].flatMap(({ stage }) => wrongQueueSums(stage, plan, metrics)),
  ];
  const kept = [...metrics.stages.values()].reduce((sum, { deadLettered }) => sum + deadLettered, 0);
  if (kept !== metrics.deadLetters) {
    wrong.push(
      `the stages made ${plural(kept, 'dead letter')}, but ${formatCount(metrics.deadLetters)} were written`,
    );
  }
  if (wrong.length > 0) return { addUp: false, sentence: `the sums do not add up: ${wrong.join('; ')}` };
  return {
    addUp: true,
    sentence: isLinear(plan) ? equation(plan, metrics) : 'all sums add up: every record is accounted for',
  };
}

function wrongSums(stage: Stage, plan: Plan, metrics: Metrics): string[] {
  const { recordsIn, recordsOut, dropped, deadLettered, added, droppedByQueue } = metrics.stage(stage.id);
  const wrong: string[] = [];
  if (recordsIn + added !== recordsOut + dropped + deadLettered) {
    const right = `${formatCount(recordsOut)} out + ${formatCount(dropped)} dropped + ${plural(deadLettered, 'dead letter')}`;
    const made = added > 0 ? ` and added ${formatCount(added)}` : '';
    wrong.push(`"${stage.id}" took in ${formatCount(recordsIn)}${made}, which is not ${right}`);
  }
  if (stage.inputs.length === 0 || durableQueueOf(stage)) return wrong;
  const sent = sentTo(stage, plan, metrics);
  if (sent !== recordsIn + droppedByQueue) {
    const arrived = `${formatCount(recordsIn)} arrived and its queue dropped ${formatCount(droppedByQueue)}`;
    wrong.push(`the inputs of "${stage.id}" put out ${formatCount(sent)}, but ${arrived}`);
  }
  return wrong;
}

/** What the inputs of a stage have given it, as far as they run here. */
function sentTo(stage: Stage, plan: Plan, metrics: Metrics): number {
  const givesAll = (input: string) => plan.stages.has(input) && !choosesReaders(plan.stages.get(input)!);
  const given = stage.inputs.filter(givesAll).map((input) => metrics.stage(input).recordsOut);
  return given.reduce((sum, recordsOut) => sum + recordsOut, metrics.stage(stage.id).routedTo);
}

/**
 * In front of a stage with a durable queue, which may have held records before the run and may hold some after it. One of its ends may
 * be in other processes.
 */
function wrongQueueSums(stage: Stage, plan: Plan, metrics: Metrics): string[] {
  const { recordsIn, recordsOut } = metrics.queue(queueId(stage.id));
  const taken = metrics.stage(stage.id).recordsIn;
  const sent = sentTo(stage, plan, metrics);
  const wrong: string[] = [];
  if (sent !== recordsIn) {
    wrong.push(
      `the inputs of "${stage.id}" put out ${formatCount(sent)}, but ${formatCount(recordsIn)} went into its queue`,
    );
  }
  if (taken !== recordsOut) {
    wrong.push(
      `${formatCount(recordsOut)} came out of the queue of "${stage.id}", which took in ${formatCount(taken)}`,
    );
  }
  return wrong;
}

/** One source, one sink, no durable queue, and every stage between them with one input and one reader. */
function isLinear(plan: Plan): boolean {
  const stages = [...plan.stages.values()];
  const read = stages.flatMap(({ inputs }) => inputs);
  const sources = stages.filter(({ kind }) => kind === 'source');
  return (
    plan.queues.size === 0 &&
    sources.length === 1 &&
    new Set(read).size === read.length &&
    stages.every(({ inputs }) => inputs.length <= 1)
  );
}

/** How people call what a transform leaves out on purpose. */
const DROPPED_BY: Readonly<Record<string, string>> = {
  filter: 'filtered out',
  sample: 'sampled out',
  route: 'on no route that is read',
};

/** `every record is accounted for: 2,000 read = 58 written + 1,940 filtered out + 2 dead letters`. */
function equation(plan: Plan, metrics: Metrics): string {
  const stages = [...plan.stages.values()];
  const countsOf = ({ id }: Stage): StageCounts => metrics.stage(id);
  const terms = new Map<string, number>();
  const add = (word: string, count: number) => count > 0 && terms.set(word, (terms.get(word) ?? 0) + count);
  for (const stage of stages) {
    add(DROPPED_BY[stage.type] ?? 'dropped', countsOf(stage).dropped);
    add('dropped by full queues', countsOf(stage).droppedByQueue);
  }
  const letters = metrics.deadLetters;
  const parts = [
    `${formatCount(countsOf(stages.find(({ kind }) => kind === 'sink')!).recordsOut)} written`,
    ...[...terms].map(([word, count]) => `${formatCount(count)} ${word}`),
    ...(letters > 0 ? [plural(letters, 'dead letter')] : []),
  ];
  const read = formatCount(countsOf(stages.find(({ kind }) => kind === 'source')!).recordsIn);
  const added = stages.reduce((sum, stage) => sum + countsOf(stage).added, 0);
  const made = added > 0 ? ` + ${formatCount(added)} added` : '';
  return `every record is accounted for: ${read} read${made} = ${parts.join(' + ')}`;
}
