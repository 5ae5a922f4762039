import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeStorage } from '../../src/base/storage.js';
import { type Checkpoint, CheckpointStore } from '../../src/runtime/checkpoint-store.js';
import { temporaryFolder } from '../cli/support.js';

const BOOT = 'this boot';

function checkpoint(id: number, padding = 0): Checkpoint {
  const sinks = { out: { length: id * 10 }, more: 'x'.repeat(padding) };
  return { id, timeMs: 1_000_000 + id, sources: { in: { a: id } }, sinks, ended: false };
}

const UNKNOWN_BOOT = 'unknown';

async function opened(folder: string, boot = BOOT) {
  const bootId = boot === UNKNOWN_BOOT ? undefined : boot;
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (_: object, message: string) => warnings.push(message) };
  return { store: await CheckpointStore.open({ storage: nodeStorage, folder, bootId, log }), warnings };
}

async function folderWith(...saved: readonly (readonly [Checkpoint, durable: boolean])[]): Promise<string> {
  const folder = temporaryFolder();
  const { store } = await opened(folder);
  for (const [one, durable] of saved) await store.save(one, durable);
  await store.close();
  return folder;
}

const bothSlots = (folder: string) => ['checkpoint.a', 'checkpoint.b'].map((name) => join(folder, name));

describe('the checkpoint store', () => {
  it('gives the last checkpoint, also when an earlier one was longer', async () => {
    const folder = await folderWith(
      [checkpoint(1, 5000), true],
      [checkpoint(2, 9000), true],
      [checkpoint(3), true],
    );
    expect((await opened(folder)).store.last).toEqual(checkpoint(3));
  });

  it('has none where nothing was written, and writes nothing by looking', async () => {
    const folder = join(temporaryFolder(), 'not', 'there');
    expect((await opened(folder)).store.last).toBeUndefined();
  });

  it('keeps the one before in another file, whatever bit of the last one flips', async () => {
    const folder = await folderWith([checkpoint(1), true], [checkpoint(2), true]);
    const path = bothSlots(folder).find((one) => readFileSync(one, 'utf8').includes('"id":2'))!;
    const bytes = readFileSync(path);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(path, damaged);
      const outcome = await opened(folder).catch((error: { code: string }) => error.code);
      // The bit in the version says that a newer Millrace wrote it, which it must not guess about.
      if (outcome === 'checkpoint_version') continue;
      expect(outcome, `bit ${bit}`).toMatchObject({ store: { last: checkpoint(1) } });
      expect((outcome as { warnings: string[] }).warnings, `bit ${bit}`).toHaveLength(1);
    }
  });

  it('keeps the one before, wherever the last one is cut off', async () => {
    const folder = await folderWith([checkpoint(1), true], [checkpoint(2), true]);
    const path = bothSlots(folder).find((one) => readFileSync(one, 'utf8').includes('"id":2'))!;
    for (let length = readFileSync(path).length - 1; length >= 0; length--) {
      truncateSync(path, length);
      expect((await opened(folder)).store.last, `length ${length}`).toEqual(checkpoint(1));
    }
  });

  it('begins anew, and says so, when both are damaged', async () => {
    const folder = await folderWith([checkpoint(1), true], [checkpoint(2), true]);
    for (const path of bothSlots(folder)) writeFileSync(path, 'garbage');
    const { store, warnings } = await opened(folder);
    expect(store.last).toBeUndefined();
    expect(warnings).toHaveLength(2);
    await store.save(checkpoint(1), true);
    expect((await opened(folder)).store.last).toEqual(checkpoint(1));
  });

  it('trusts what did not wait for the disk only in the same boot', async () => {
    const folder = await folderWith([checkpoint(1), true], [checkpoint(2), true], [checkpoint(3), false]);
    expect((await opened(folder)).store.last?.id).toBe(3);
    expect((await opened(folder, 'the next boot')).store.last).toEqual(checkpoint(2));
    expect((await opened(folder, UNKNOWN_BOOT)).store.last).toEqual(checkpoint(2));
  });

  it('never replaces the last durable one by one that is not', async () => {
    const folder = await folderWith([checkpoint(1), true], [checkpoint(2), false], [checkpoint(3), false]);
    expect((await opened(folder, 'the next boot')).store.last).toEqual(checkpoint(1));
  });

  it('waits for the disk where the system does not tell one boot from another', async () => {
    const folder = temporaryFolder();
    const { store } = await opened(folder, UNKNOWN_BOOT);
    await store.save(checkpoint(1), false);
    expect((await opened(folder, UNKNOWN_BOOT)).store.last).toEqual(checkpoint(1));
  });

  it('does not start from what a newer version wrote', async () => {
    const folder = await folderWith([checkpoint(1), true]);
    const path = bothSlots(folder)[0]!;
    writeFileSync(path, readFileSync(path, 'utf8').replace('millrace-checkpoint 1', 'millrace-checkpoint 9'));
    await expect(opened(folder)).rejects.toMatchObject({
      code: 'checkpoint_version',
      message: expect.stringContaining('--fresh'),
    });
  });
});
