import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type AdminViews, Recent } from '../admin/index.js';
import { nodeStorage } from '../base/storage.js';
import type { Pipeline, Plan } from '../plan/index.js';
import { Checkpoints, openQueues, PipelineLetters, type Run, type Taps } from '../runtime/index.js';
import { CATALOGUE } from './catalogue.js';
import { findLetters, letterAsJson } from './letters-asked.js';
import { lagIn, queueAsJson } from './queue.js';

/** What runs now. After a reload it is another. */
export interface Current {
  readonly run: Run;
  readonly pipeline: Pipeline;
  readonly plan: Plan;
}

/** Looks at what runs, now and then. */
export function observer(current: () => Current | undefined): AdminViews['pipeline'] {
  let recent: { of: Current; look: Recent } | undefined;
  const delay = monitorEventLoopDelay();
  delay.enable();
  return () => {
    const now = current();
    if (!now) return undefined;
    if (recent?.of !== now) recent = { of: now, look: new Recent(() => now.run.observe()) };
    const { process, ...observed } = recent.look.look();
    return { ...observed, process: { ...process, eventLoopDelayMs: delay.percentile(99) / 1e6 } };
  };
}

/** What the server for operators shows of the run that goes on in this process. */
export function adminViews(
  current: () => Current | undefined,
  taps: Taps,
  letterActions: AdminViews['letterActions'],
): AdminViews {
  return {
    pipeline: observer(current),
    deadLetters: async (asked) => {
      const letters = await open(current());
      return letters && (await findLetters(letters, asked));
    },
    deadLetter: async (name) => {
      const letters = await open(current());
      for await (const found of letters?.select({ names: new Set([name]) }) ?? []) return letterAsJson(found);
      return undefined;
    },
    durableQueues: () => storedQueues(current()),
    taps,
    letterActions,
  };
}

async function open(current: Current | undefined): Promise<PipelineLetters | undefined> {
  if (!current) return undefined;
  const { pipeline, plan, run } = current;
  return await PipelineLetters.open({ storage: nodeStorage, folder: run.stateFolder, pipeline }, plan);
}

async function storedQueues(current: Current | undefined) {
  if (!current || current.plan.queues.size === 0) return [];
  const { plan, run } = current;
  const place = { storage: nodeStorage, folder: run.stateFolder };
  const checkpoints = await Checkpoints.read(place);
  const definitions = [...CATALOGUE.queues.values()];
  const log = { info: () => {}, warn: () => {} };
  const queues = await openQueues({ ...place, plan, checkpoints, definitions, log });
  return queues.map((queue) =>
    queueAsJson(
      queue,
      queue.groups.map((group) => lagIn(queue, group)),
    ),
  );
}
