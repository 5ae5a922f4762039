import { join } from 'node:path';
import type { Storage, StoredFile } from '../../base/storage.js';
import { Checkpoints, queueFolder, type StatePlace } from '../pipeline-state.js';
import { replayId } from '../replay/replay-id.js';
import type { QueueGroup } from './pipeline-queues.js';

/** A pipeline that reads the queue of another. How far it is stands in its own checkpoints. */
export interface ReadingPipeline {
  readonly name: string;
  /** Its `<runtime.state>/<pipeline>`, absolute. */
  readonly folder: string;
}

/** No segment has this name, so it stands beside the folders of those that put records in. */
const GROUPS = '.groups';
const ENDING = '.json';

/** Writes down who reads the queue in front of a stage, for those who look at it. */
export async function registerGroup(
  { storage, folder }: StatePlace,
  stage: string,
  group: ReadingPipeline,
): Promise<void> {
  const groups = join(queueFolder(folder, stage), GROUPS);
  const path = join(groups, group.name + ENDING);
  await storage.makeFolder(groups);
  const file = await storage.open(`${path}.new`, 'write');
  try {
    await file.truncate(0);
    await file.write(Buffer.from(JSON.stringify(group)), 0);
  } finally {
    await file.close();
  }
  await storage.rename(`${path}.new`, path);
}

/** The pipelines that read a queue beside its stage and have come anywhere, by name. */
export async function readGroups(
  { storage, folder }: StatePlace,
  pipeline: string,
  stage: string,
): Promise<QueueGroup[]> {
  const groups = join(queueFolder(folder, stage), GROUPS);
  const found: QueueGroup[] = [];
  for (const name of (await storage.list(groups)).filter((one) => one.endsWith(ENDING))) {
    const group = await readGroup(storage, join(groups, name));
    const checkpoints = group && (await Checkpoints.read({ storage, folder: group.folder }));
    const committed = checkpoints?.positionsOf(replayId(pipeline, stage));
    if (group && committed && committed.size > 0) found.push({ name: group.name, committed });
  }
  return found;
}

/** Undefined of a file that was damaged: it only says where to look, and the group writes it again. */
async function readGroup(storage: Storage, path: string): Promise<ReadingPipeline | undefined> {
  const file: StoredFile = await storage.open(path, 'read');
  try {
    const bytes = Buffer.alloc((await file.stat()).size);
    await file.read(bytes, 0);
    return JSON.parse(bytes.toString()) as ReadingPipeline;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}
