import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonValue } from '#component';
import { nodeStorage } from '../../src/base/storage.js';
import { CrashStorage } from '../support/crash-storage.js';
import { create, opened, PATH, write } from './file-sink-support.js';

const MEMBER_BYTES = 256 * 1024;
const root = mkdtempSync(join(tmpdir(), 'millrace-file-sink-'));
afterAll(() => rmSync(root, { recursive: true }));
let files = 0;

describe('a compressed file', () => {
  const line = (i: number) => `${i} ${(i * 2654435761) % 4294967296}\n`;
  const text = Array.from({ length: 60_000 }, (_, i) => line(i)).join('');

  it('has members of 256 KiB of plain text, each of its own', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage, { compression: 'gzip' }, 'head\n', 'foot\n');
    await write(sink, text);
    await sink.close();
    const file = Buffer.from(storage.files.get(PATH)!);
    const whole = `head\n${text}foot\n`;
    const expected = Buffer.concat(
      Array.from({ length: Math.ceil(whole.length / MEMBER_BYTES) }, (_, i) =>
        zlib.gzipSync(whole.slice(i * MEMBER_BYTES, (i + 1) * MEMBER_BYTES)),
      ),
    );
    expect(file.equals(expected)).toBe(true);
    expect(file.readUInt32LE(4), 'the time of the header').toBe(0);
  });

  it('is known by its ending, unless told otherwise', async () => {
    const cases = [
      ['a.gz', 'auto', true],
      ['a.log', 'auto', false],
      ['a.gz', 'none', false],
      ['a.log', 'gzip', true],
    ] as const;
    for (const [name, compression, isCompressed] of cases) {
      const path = join(root, String(files++), name);
      const sink = create(path, nodeStorage, { compression });
      await sink.open(undefined);
      await write(sink, 'one\n');
      await sink.close();
      const bytes = readFileSync(path);
      expect((isCompressed ? gunzipSync(bytes) : bytes).toString()).toBe('one\n');
    }
  });

  it('can be read up to the last checkpoint, and holds it when it is moved away before the next run', async () => {
    const path = join(root, `${files++}.gz`);
    const sink = create(path, nodeStorage, {}, 'head\n');
    await sink.open(undefined);
    await write(sink, 'one\n');
    const { state } = await sink.prepare();
    expect(gunzipSync(readFileSync(path)).toString()).toBe('head\none\n');
    await sink.close();
    renameSync(path, `${path}.1`);
    const next = create(path, nodeStorage, {}, 'head\n');
    await next.open(state);
    await write(next, 'two\n');
    await next.close();
    expect(gunzipSync(readFileSync(`${path}.1`)).toString()).toBe('head\none\n');
    expect(gunzipSync(readFileSync(path)).toString()).toBe('head\ntwo\n');
  });

  it('of nothing can be decompressed, and goes on', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage, { compression: 'gzip' });
    const { state } = await sink.prepare();
    await sink.close();
    expect(gunzipSync(storage.files.get(PATH)!).length).toBe(0);
    const next = create(PATH, storage, { compression: 'gzip' });
    await next.open(state);
    await write(next, 'one\n');
    await next.close();
    expect(Buffer.from(storage.files.get(PATH)!).equals(zlib.gzipSync('one\n'))).toBe(true);
  });

  it('has done with a tail that the checkpoint holds damaged, before it touches anything', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage, { compression: 'gzip' });
    await write(sink, 'one\n');
    const state = (await sink.prepare()).state as Record<string, JsonValue>;
    await sink.close();
    const before = storage.files.get(PATH);
    const large = zlib.gzipSync(Buffer.alloc(MEMBER_BYTES + 1)).toString('base64');
    for (const tail of ['!', 'AAAA', String(state.tail).slice(0, -12), large]) {
      const next = create(PATH, storage, { compression: 'gzip' });
      await expect(next.open({ ...state, tail })).rejects.toMatchObject({ code: 'checkpoint_damaged' });
      await next.close();
    }
    expect(storage.files.get(PATH)).toEqual(before);
  });

  it('is not gone on with as a plain one', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage, { compression: 'gzip' });
    await write(sink, 'one\n');
    const { state } = await sink.prepare();
    await sink.close();
    const next = create(PATH, storage, { compression: 'none' });
    await expect(next.open(state)).rejects.toMatchObject({ code: 'other_compression', blame: 'config' });
    await next.close();
  });

  it.skipIf(!existsSync('/dev/null'))('goes to a device without a state', async () => {
    const sink = create('/dev/null', nodeStorage, { compression: 'gzip' });
    expect(await sink.open(undefined)).toBeNull();
    await write(sink, 'one\n');
    const { state, durable } = await sink.prepare();
    await durable();
    expect(state).toBeNull();
    await sink.close();
  });

  it('with zstd is written where Node can, and otherwise says which can', async () => {
    const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Buffer };
    const storage = new CrashStorage();
    const sink = create(PATH, storage, { compression: 'zstd' });
    if (!zstdDecompressSync) {
      await expect(sink.open(undefined)).rejects.toMatchObject({
        code: 'unsupported_compression',
        blame: 'config',
        message: expect.stringContaining('22.15'),
      });
      expect(storage.files.size).toBe(0);
      return;
    }
    await sink.open(undefined);
    await write(sink, text);
    const { state } = await sink.prepare();
    const next = create(PATH, storage, { compression: 'zstd' });
    await next.open(state);
    await write(next, text);
    await next.close();
    expect(zstdDecompressSync(storage.files.get(PATH)!).toString()).toBe(text + text);
  });
});
