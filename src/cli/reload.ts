import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Pipeline } from '../plan/index.js';
import { keepsState, type Run } from '../runtime/index.js';
import type { PlannedRun } from './plan-run.js';

/** Editors write a file in several steps. */
const SETTLE_MS = 100;

/** Calls back when a file has changed, also where it was replaced by another of its name. Returns how to end it. */
export function watchFile(file: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher: FSWatcher = watch(dirname(file), (_, name) => {
    if (name !== null && name !== basename(file)) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE_MS);
    timer.unref();
  });
  watcher.unref();
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

/** Why a pipeline cannot stand still at a checkpoint and go on there; undefined where it can. */
export function whyNoStandstill(pipeline: Pipeline): string | undefined {
  if (!keepsState(pipeline))
    return 'the pipeline writes to nothing that lasts, so it has no checkpoint to go on at';
  if (pipeline.stages.some(({ kind, type }) => kind === 'source' && type === 'stdin'))
    return 'standard input cannot be read by two runs';
  return undefined;
}

/** Why what runs cannot be given up for another version of it; undefined where it can. */
export function obstacleTo(now: PlannedRun, next: PlannedRun): string | undefined {
  const { pipeline } = now;
  const reason = whyNoStandstill(pipeline);
  if (reason !== undefined) return `${reason}: stop the pipeline, and start it again`;
  if (next.pipeline.name !== pipeline.name)
    return `the name of the pipeline has changed to "${next.pipeline.name}", under which it has no checkpoint: stop it, and start it again`;
  if (next.pipeline.runtime.state !== pipeline.runtime.state)
    return 'runtime.state has changed, and the checkpoint is in the old folder: stop the pipeline, and start it again';
  return undefined;
}

/** A durable queue that still holds records, and that the next version has not. */
export function leftBehind(run: Run, now: PlannedRun, next: PlannedRun): string | undefined {
  const lag = run.queueLag();
  const left = [...now.plan.queues.values()].find(({ id }) => !next.plan.queues.has(id) && lag.get(id) !== 0);
  if (!left) return undefined;
  const records = lag.get(left.id);
  const held = records === undefined ? 'may hold records' : `holds ${records} records`;
  return `the queue in front of "${left.stage.id}" ${held}, and the new file has no such queue: let it run empty first`;
}
