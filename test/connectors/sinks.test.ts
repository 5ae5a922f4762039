import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '#component';
import { blackholeSink } from '../../connectors/blackhole/index.js';
import { fileSink } from '../../connectors/file/index.js';
import { stdoutSink } from '../../connectors/stdout/index.js';
import { streamSink } from '../../connectors/stdout/sink.js';
import { configOf, sinkContext } from '../conformance/contexts.js';
import { testSink } from '../conformance/sink-suite.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-sinks-'));
afterAll(() => rmSync(root, { recursive: true }));
const never = new AbortController().signal;
let files = 0;
const newPath = (name = 'out.txt'): string => join(root, 'folder', String(files++), name);

function sinkTo(path: string, options: Config = {}, header?: Uint8Array, footer?: Uint8Array) {
  return fileSink.create(configOf(fileSink, { path, ...options }), sinkContext(header, footer));
}

const block = (text: string) => ({ bytes: Buffer.from(text), records: 1 });

let path = '';
for (const mode of ['append', 'overwrite']) {
  testSink(`file, ${mode}`, {
    make: (header, footer) => {
      path = newPath();
      return sinkTo(path, { mode }, header, footer);
    },
    arrived: () => readFile(path),
  });
}

testSink('file, compressed', {
  make: (header, footer) => {
    path = newPath('out.txt.gz');
    return sinkTo(path, {}, header, footer);
  },
  arrived: async () => gunzipSync(await readFile(path)),
});

let pieces: Buffer[] = [];
testSink('stdout', {
  make: (header, footer) => {
    pieces = [];
    const stream = new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        pieces.push(Buffer.from(bytes));
        setImmediate(done);
      },
    });
    return streamSink(() => stream, sinkContext(header, footer));
  },
  arrived: async () => Buffer.concat(pieces),
});

testSink('blackhole', { make: () => blackholeSink.create({}, sinkContext()), arrived: undefined });

describe('file sink', () => {
  it('adds to a file that is there, without a second header, unless told to overwrite it', async () => {
    const path = join(root, 'there.csv');
    writeFileSync(path, 'x\n1\n');
    const header = Buffer.from('x\n');
    for (const [mode, expected] of [
      ['append', 'x\n1\n2\n'],
      ['overwrite', 'x\n2\n'],
    ] as const) {
      const sink = sinkTo(path, { mode }, header);
      await sink.open(undefined);
      await sink.write(block('2\n'), never);
      await sink.prepare();
      await sink.close();
      expect(readFileSync(path, 'utf8')).toBe(expected);
    }
  });

  it('touches nothing before it is opened, and makes an empty file of no records', async () => {
    const path = newPath();
    const sink = sinkTo(path);
    expect(existsSync(path)).toBe(false);
    await sink.open(undefined);
    await sink.close();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('writes to a device, which cannot be synced', async () => {
    const sink = sinkTo('/dev/null');
    expect(await sink.open(undefined)).toBeNull();
    await sink.write(block('x'), never);
    await (await sink.prepare()).durable();
    await sink.close();
  });

  it.skipIf(!existsSync('/dev/full'))(
    'says that the disk is full, and stays failed (with /dev/full)',
    async () => {
      const sink = sinkTo('/dev/full');
      await sink.open(undefined);
      const failure = { code: 'disk_full', message: expect.stringContaining('/dev/full'), blame: 'external' };
      await expect(sink.write(block('x'), never)).rejects.toMatchObject(failure);
      await expect(sink.prepare()).rejects.toMatchObject(failure);
      await sink.close();
    },
  );

  it('says what is in the way', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(sinkTo(root).open(undefined)).rejects.toMatchObject({ code: 'is_a_folder' });
    await expect(sinkTo(join(root, 'file', 'out')).open(undefined)).rejects.toMatchObject({
      blame: 'external',
      message: expect.stringContaining(join(root, 'file', 'out')),
    });
  });
});

describe('stdout sink', () => {
  it('waits while the reader stands still, and ends the wait when the run stops', async () => {
    const reader = new PassThrough({ highWaterMark: 10 });
    const sink = streamSink(() => reader, sinkContext(undefined, Buffer.from('foot')));
    await sink.open(undefined);
    await sink.write(block('x'), never);
    const controller = new AbortController();
    let isDone = false;
    const stuck = sink.write(block('y'.repeat(20)), controller.signal).finally(() => {
      isDone = true;
    });
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    controller.abort();
    await expect(stuck).rejects.toMatchObject({ name: 'AbortError' });
    // Does not wait for the reader to take the footer.
    await sink.close();
  });

  it('tells a reader that has gone from other failures', async () => {
    for (const [errno, code] of [
      ['EPIPE', 'output_closed'],
      ['EIO', 'output_failed'],
    ]) {
      const stream = new Writable({
        write: (_bytes, _encoding, done) => done(Object.assign(new Error('no'), { code: errno })),
      });
      const sink = streamSink(() => stream, sinkContext());
      await sink.open(undefined);
      await expect(sink.write(block('x'), never)).rejects.toMatchObject({ code });
      await sink.close();
    }
  });

  it('is the standard output of the process', () => {
    expect(stdoutSink.create(configOf(stdoutSink, {}), sinkContext())).toHaveProperty('write');
  });
});
