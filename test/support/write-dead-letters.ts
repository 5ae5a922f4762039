import { join } from 'node:path';
import { nodeStorage, type Storage } from '../../src/base/storage.js';
import type { Sink, SinkState } from '../../src/component/index.js';
import type { CheckpointStore } from '../../src/runtime/checkpoint-store.js';
import { DeadLetterSink, deadLetterFolder } from '../../src/runtime/dead-letters/index.js';
import { DEAD_LETTER_STAGE, openStore } from '../../src/runtime/pipeline-state.js';
import { type DeadLetter, encodeDeadLetter } from '../../src/workers/index.js';

/** The one segment of the pipelines whose letters are written here: that of the source `web`. */
export const SEGMENT = 'web';
export const SILENT = { info: () => {}, warn: () => {} };
export const NEVER: AbortSignal = new AbortController().signal;

export type Given = Partial<Omit<DeadLetter, 'record' | 'record_base64'>> & { readonly bytes?: Uint8Array };

/** An NDJSON line. */
export function letterLine({ bytes = Buffer.from('a record'), ...given }: Given): string {
  const letter = {
    pipeline: 'shop',
    source: 'web',
    partition: '/logs/access.log',
    offset: 0,
    stage: 'parsed',
    code: 'no_match',
    message: 'the line does not match',
    attempts: 1,
    time: '2026-01-02T03:04:05.678Z',
    ...given,
  };
  return encodeDeadLetter(letter, bytes);
}

export async function writeLetters(sink: Sink, letters: readonly Given[]): Promise<void> {
  await sink.write({ bytes: Buffer.from(letters.map(letterLine).join('')), records: letters.length }, NEVER);
}

export function deadLetterSink(folder: string, storage: Storage = nodeStorage): DeadLetterSink {
  return new DeadLetterSink({
    storage,
    folder: deadLetterFolder(folder, SEGMENT),
    maxBytes: 2 ** 30,
    log: SILENT,
  });
}

export async function checkpointStore(folder: string): Promise<CheckpointStore> {
  return await openStore({ storage: nodeStorage, folder }, SEGMENT, SILENT);
}

/** What a run leaves behind: letters, and a checkpoint that knows of them. */
export async function runWithLetters(
  folder: string,
  ...blocks: readonly (readonly Given[])[]
): Promise<void> {
  const store = await checkpointStore(folder);
  const sink = deadLetterSink(folder);
  await sink.open(store.last?.sinks[DEAD_LETTER_STAGE]);
  for (const block of blocks) await writeLetters(sink, block);
  await saveCheckpoint(store, await prepared(sink));
  await sink.close();
  await store.close();
}

export async function prepared(sink: Sink): Promise<SinkState> {
  const { state, durable } = await sink.prepare();
  await durable();
  // As it comes out of a checkpoint.
  return JSON.parse(JSON.stringify(state)) as SinkState;
}

export async function saveCheckpoint(store: CheckpointStore, letters: SinkState): Promise<void> {
  const id = (store.last?.id ?? 0) + 1;
  const sinks = { out: { length: 7 }, [DEAD_LETTER_STAGE]: letters };
  await store.save({ id, timeMs: id, sources: { web: { a: 1 } }, sinks, ended: false }, true);
}

/** Where a pipeline called `shop` keeps what outlives it. */
export function stateFolder(root: string): string {
  return join(root, 'state', 'shop');
}
