import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonValue } from '#component';
import { nodeStorage } from '../../src/base/storage.js';
import { create, logged, write } from './file-sink-support.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-file-sink-'));
afterAll(() => rmSync(root, { recursive: true }));
let files = 0;
const newPath = (): string => join(root, `${files++}.txt`);

beforeEach(() => {
  logged.length = 0;
});

describe('a file that is not as the checkpoint says', () => {
  /** Writes and prepares in a real file. */
  async function stateAfter(path: string, text: string): Promise<JsonValue> {
    const sink = create(path, nodeStorage, {}, 'head\n', 'foot\n');
    await sink.open(undefined);
    await write(sink, text);
    const { state } = await sink.prepare();
    await sink.close();
    return state;
  }

  async function goOn(path: string, state: JsonValue, text: string, mode = 'append'): Promise<void> {
    const sink = create(path, nodeStorage, { mode }, 'head\n', 'foot\n');
    await sink.open(state);
    await write(sink, text);
    await sink.close();
  }

  it.each(['append', 'overwrite'])('was moved: a new one is begun, with a header (%s)', async (mode) => {
    const path = newPath();
    const state = await stateAfter(path, 'one\n');
    renameSync(path, `${path}.1`);
    await goOn(path, state, 'two\n', mode);
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('head\none\nfoot\n');
    expect(readFileSync(path, 'utf8')).toBe('head\ntwo\nfoot\n');
    expect(logged).toEqual([
      `warn: ${path} is not the file of the last checkpoint, which was moved or deleted: going on at the end of what is there; --fresh starts over`,
    ]);
  });

  it.each(['append', 'overwrite'])('is another one, which keeps what it holds (%s)', async (mode) => {
    const path = newPath();
    const state = await stateAfter(path, 'one\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, "somebody else's\n");
    await goOn(path, state, 'two\n', mode);
    expect(readFileSync(path, 'utf8')).toBe("somebody else's\ntwo\nfoot\n");
    expect(logged).toHaveLength(1);
  });

  it('was cut off: says how much is missing and goes on at its end', async () => {
    const path = newPath();
    const state = await stateAfter(path, 'one\ntwo\n');
    truncateSync(path, 9);
    await goOn(path, state, 'three\n');
    expect(readFileSync(path, 'utf8')).toBe('head\none\nthree\nfoot\n');
    expect(logged).toEqual([expect.stringContaining('has lost its last 4 bytes')]);
  });

  it('was emptied: begins with the header', async () => {
    const path = newPath();
    const state = await stateAfter(path, 'one\n');
    truncateSync(path, 0);
    await goOn(path, state, 'two\n');
    expect(readFileSync(path, 'utf8')).toBe('head\ntwo\nfoot\n');
  });

  it('is on a device that has another number since the machine was started anew: is the same', async () => {
    const path = newPath();
    const state = (await stateAfter(path, 'one\n')) as Record<string, JsonValue>;
    const identity = String(state.identity).replace(/^\d+/, '424242');
    await goOn(path, { ...state, identity }, 'two\n');
    expect(readFileSync(path, 'utf8')).toBe('head\none\ntwo\nfoot\n');
    expect(logged).toEqual([]);
  });

  it('is said to be what nobody can understand: touches nothing', async () => {
    const path = newPath();
    const state = (await stateAfter(path, 'one\n')) as Record<string, JsonValue>;
    const broken: JsonValue[] = [
      7,
      'x',
      [],
      {},
      { ...state, length: -1 },
      { ...state, length: '4' },
      { ...state, identity: null },
      { ...state, compression: 'rar' },
      { ...state, tail: 1 },
    ];
    for (const one of broken) {
      const sink = create(path, nodeStorage, {}, 'head\n', 'foot\n');
      await expect(sink.open(one)).rejects.toMatchObject({
        code: 'checkpoint_damaged',
        message: expect.stringContaining(path),
      });
      await sink.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('head\none\nfoot\n');
  });

  it('was a device: goes on at the end of the file, whatever the mode', async () => {
    const path = newPath();
    writeFileSync(path, 'there\n');
    await goOn(path, null, 'one\n', 'overwrite');
    expect(readFileSync(path, 'utf8')).toBe('there\none\nfoot\n');
  });
});
