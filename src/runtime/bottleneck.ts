import type { Observation, QueueObservation } from './observation.js';

/** The part of a pipeline that decides how fast all of it is. */
export interface Bottleneck {
  /** A source where the input is; of a chain, the stage that takes most of its time. */
  readonly stage: string;
  readonly kind: 'input' | 'workers' | 'sink' | 'queue';
  /** The share of the time for which the others wait for it, from 0 to 1. */
  readonly share: number;
}

type Compared = Pick<Observation, 'elapsedMs' | 'stages' | 'chains' | 'queues'>;

/** Shorter waits than this share of the time are chance. */
const LEAST_SHARE = 0.05;
/** Who waits for a part that itself waits, waits about as long: the last such part is the reason. */
const ABOUT_AS_LONG = 0.5;

const NOTHING: Compared = { elapsedMs: 0, stages: [], chains: [], queues: [] };

/**
 * Finds the bottleneck between two moments. Who is slow is seen from who waits for it: the last queue, in the direction of
 * the records, in front of which senders wait for room stands before the bottleneck. Where nobody waits for room, all wait for
 * the input. Undefined where nothing waits for anything.
 * @param before without it, the whole run counts
 */
export function bottleneckOf(now: Compared, before: Compared = NOTHING): Bottleneck | undefined {
  const elapsedMs = now.elapsedMs - before.elapsedMs;
  if (elapsedMs <= 0) return undefined;
  const waits = now.queues.map((queue) => {
    return { queue, share: waitedFor(queue, before) / elapsedMs };
  });
  const most = Math.max(LEAST_SHARE, ABOUT_AS_LONG * Math.max(0, ...waits.map(({ share }) => share)));
  const last = waits.findLast(({ share }) => share >= most);
  return last ? behind(last.queue, Math.min(1, last.share), now, before) : inputOf(now, before, elapsedMs);
}

function waitedFor({ id, segment, waitedForMs }: QueueObservation, { queues }: Compared): number {
  const earlier = queues.find((queue) => queue.id === id && queue.segment === segment);
  return waitedForMs - (earlier?.waitedForMs ?? 0);
}

function behind(
  { id, segment }: QueueObservation,
  share: number,
  now: Compared,
  before: Compared,
): Bottleneck {
  const chain = now.chains.find((one) => one.id === id && one.segment === segment);
  if (chain) {
    const worked = (stage: string) => workedMs(now, stage) - workedMs(before, stage);
    const stage = chain.stages.reduce((most, one) => (worked(one) > worked(most) ? one : most));
    return { stage, kind: 'workers', share };
  }
  const isSink = now.stages.some((stage) => stage.id === id);
  return { stage: id, kind: isSink ? 'sink' : 'queue', share };
}

function workedMs({ stages }: Compared, stage: string): number {
  return stages.find(({ id }) => id === stage)?.workedMs ?? 0;
}

/** The chain that waits longest for its input, where that is a source's. */
function inputOf(now: Compared, before: Compared, elapsedMs: number): Bottleneck | undefined {
  const sources = new Set(now.stages.filter(({ kind }) => kind === 'source').map(({ id }) => id));
  // What is behind a durable queue waits for what is before it, but where that runs elsewhere.
  const chains = now.chains.filter(({ id }) => sources.size === 0 || sources.has(id));
  const shares = chains.map(({ id, timeMs }) => {
    const earlier = before.chains.find((chain) => chain.id === id)?.timeMs.input ?? 0;
    return { id, share: (timeMs.input - earlier) / elapsedMs };
  });
  const longest = shares.reduce((most, one) => (one.share > most.share ? one : most), { id: '', share: 0 });
  if (longest.share < LEAST_SHARE) return undefined;
  return { stage: longest.id, kind: 'input', share: Math.min(1, longest.share) };
}

/** `the sink "out": the others wait 93 % of the time for it`. */
export function bottleneckText(bottleneck: Bottleneck | undefined): string {
  if (!bottleneck) return 'nothing: no part waits for another';
  const { stage, kind, share } = bottleneck;
  const what = {
    input: `the input "${stage}"`,
    workers: `the workers, most of all by "${stage}"`,
    sink: `the sink "${stage}"`,
    queue: `the ${stage}`,
  }[kind];
  return `${what}: the others wait ${Math.round(share * 100)} % of the time for it`;
}
