import { join } from 'node:path';
import { MillraceError } from '../base/errors.js';
import { nodeStorage } from '../base/storage.js';
import type { Pipeline } from '../plan/index.js';
import { Exit, type Io } from './io.js';
import { type Loaded, type LoadOptions, loadPipeline } from './load.js';

export interface StateOptions extends LoadOptions {
  readonly state?: string;
}

export interface WithState extends Loaded {
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
}

/** `<runtime.state>/<pipeline>`. */
export function stateFolder(pipeline: Pipeline, { state }: StateOptions): string {
  return join(state ?? pipeline.runtime.state, pipeline.name);
}

/**
 * Does something with what a pipeline has left in its state folder, or says what is wrong with the pipeline.
 * @param what is looked for, in the plural
 */
export async function withStateFolder(
  file: string,
  options: StateOptions,
  io: Io,
  what: string,
  action: (loaded: WithState) => Promise<number>,
): Promise<number> {
  const loaded = await loadPipeline(file, options, io);
  if (!loaded) return Exit.CONFIGURATION;
  const { pipeline } = loaded;
  const folder = stateFolder(pipeline, options);
  if ((await nodeStorage.list(folder)).length === 0) {
    const message = `no ${what}: nothing has run with this state folder (${folder})`;
    throw new MillraceError('nothing_has_run', message, { blame: 'config' });
  }
  return await action({ ...loaded, folder });
}
