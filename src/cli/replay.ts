import { resolve } from 'node:path';
import { MillraceError } from '../base/errors.js';
import { nodeStorage } from '../base/storage.js';
import { readSmallFile } from '../config/index.js';
import { type Pipeline, readSink, type Stage } from '../plan/index.js';
import { PipelineState } from '../runtime/index.js';
import { CATALOGUE } from './catalogue.js';
import { Exit, type Io } from './io.js';
import { loadPipeline } from './load.js';
import { queueOf, warningsOf, withQueues } from './queue.js';
import { type Replay, type ReplayOptions, runReplay } from './replay-run.js';
import { stateFolder, type WithState } from './state-folder.js';
import { checkedSink } from './stored-run.js';

/** `millrace replay`. */
export function replayVerb(file: string, stage: string, options: ReplayOptions, io: Io): Promise<number> {
  const { config, set: _, ...withoutSet } = options;
  // Values that are set belong to the file whose stages run.
  return withQueues(file, config === undefined ? options : withoutSet, io, async (owner) => {
    const queue = queueOf(owner.queues, stage, owner.plan);
    const target = config === undefined ? owner : await otherPipeline(config, options, io);
    if (!target) return Exit.CONFIGURATION;
    checkStage(target.pipeline, stage, config ?? file);
    const replay = { queue, owner, target, isOther: config !== undefined };
    if (options.into === undefined) return await keepingState(replay, options, io);
    const own = target.pipeline.stages.find(({ id, kind }) => id === options.into && kind === 'sink');
    if (own) return await keepingState({ ...replay, into: own }, options, io);
    return await runReplay({ ...replay, into: inlineSink(options.into, target.pipeline, io) }, options, io);
  });
}

async function otherPipeline(file: string, options: ReplayOptions, io: Io): Promise<WithState | undefined> {
  const loaded = await loadPipeline(file, options, io);
  return loaded && { ...loaded, folder: stateFolder(loaded.pipeline, options) };
}

/** As a part of the pipeline's own checkpoints, while it stands still. */
async function keepingState(replay: Replay, options: ReplayOptions, io: Io): Promise<number> {
  const { owner, target, isOther } = replay;
  const { folder, pipeline, plan } = target;
  if (isOther && resolve(folder) === resolve(owner.folder)) {
    const message = `both files are of the pipeline "${pipeline.name}", with the same state folder: give the other one another name, or say with --into where its records shall go`;
    throw new MillraceError('same_pipeline', message, { blame: 'config' });
  }
  const segments = plan.segments.map(({ id }) => id);
  const state = await PipelineState.open({ storage: nodeStorage, folder, segments, log: warningsOf(io) });
  try {
    return await runReplay({ ...replay, state }, options, io);
  } finally {
    await state.close();
  }
}

function checkStage({ stages }: Pipeline, stage: string, file: string): void {
  const found = stages.find(({ id }) => id === stage);
  if (found && found.kind !== 'source') return;
  const message = `${file} has no transform or sink "${stage}" that could get the records`;
  throw new MillraceError('unknown_stage', message, { blame: 'config' });
}

/** A sink that stands on the command line. */
function inlineSink(text: string, { stages }: Pipeline, io: Io): Stage {
  const outside = { env: io.env, readFile: readSmallFile };
  const options = { id: 'into', name: '--into', catalogue: CATALOGUE };
  const isWord = /^[\w-]+$/.test(text);
  if (isWord && !CATALOGUE.sinks.has(text)) {
    const sinks = stages.filter(({ kind }) => kind === 'sink').map(({ id }) => id);
    const message = `--into: expected a sink of the file (${sinks.join(', ')}), a type of sinks (${[...CATALOGUE.sinks.keys()].join(', ')}), or a sink such as "{ type: file, path: day.ndjson }", found "${text}"`;
    throw new MillraceError('wrong_output', message, { blame: 'config' });
  }
  return checkedSink(readSink(text, outside, options));
}
