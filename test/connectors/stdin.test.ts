import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { Framer, type Source } from '#component';
import { StreamInput } from '../../connectors/stdin/input.js';
import { RedirectedFile } from '../../connectors/stdin/redirected.js';
import { readStream } from '../../connectors/stdin/source.js';
import { CountingOutlet, type Received, receive, receiveAll, textOf } from '../conformance/outlet.js';
import { asKept, readFrom, testSource } from '../conformance/source-suite.js';

const LINES = Array.from({ length: 100 }, (_, i) => `line ${i} ${'x'.repeat(i % 30)}\n`).join('');
const never = new AbortController().signal;
const byteStream = (pieces: readonly string[]): Readable =>
  Readable.from(
    pieces.map((piece) => Buffer.from(piece)),
    { objectMode: false },
  );

const OPTIONS = { framing: 'lines', preambleLines: 0, maxLineBytes: 1000, longLines: 'dead_letter' } as const;
const PARTITION = { source: 'in', name: 'stdin' };

function newFramer(): Framer {
  return new Framer(OPTIONS, PARTITION);
}

function sourceOf(stream: Readable) {
  const input = new StreamInput(stream);
  return {
    read: (outlet: CountingOutlet, signal: AbortSignal) => readStream(input, newFramer(), outlet, signal),
    close: async () => input.close(),
  };
}

testSource('stdin', {
  make: () => sourceOf(byteStream([LINES.slice(0, 1001), LINES.slice(1001)])) as unknown as Source,
  expected: Buffer.from(LINES),
  // The stream has taken all of it from the pipe.
  chunksAfterAbort: Math.ceil(LINES.length / 200),
});

const folder = mkdtempSync(join(tmpdir(), 'millrace-stdin-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** As a shell does it: whoever reads before has moved the descriptor on. */
function redirected(path: string, bytesReadBefore = 0): Source {
  const fd = openSync(path, 'r');
  readSync(fd, Buffer.alloc(bytesReadBefore), 0, bytesReadBefore, null);
  return {
    read: (outlet, signal, from) =>
      new RedirectedFile(fd, fstatSync(fd)).read(OPTIONS, PARTITION, { outlet, signal, from }),
    close: async () => closeSync(fd),
  };
}

writeFileSync(join(folder, 'lines'), LINES);
testSource('stdin, redirected', {
  make: () => redirected(join(folder, 'lines')),
  expected: Buffer.from(LINES),
  resumes: true,
});
testSource('stdin, redirected behind the first lines', {
  make: () => redirected(join(folder, 'lines'), 20),
  expected: Buffer.from(LINES.slice(20)),
  resumes: true,
});

describe('stdin that is redirected from a file', () => {
  it('goes on when the file has grown, and begins again when it is another or shorter', async () => {
    const path = join(folder, 'changing');
    const text = async (from: Awaited<ReturnType<typeof readFrom>>['positions']) => {
      const { received, positions } = await readFrom(() => redirected(path), { from });
      return { text: textOf(received), positions: asKept(positions) };
    };
    writeFileSync(path, 'one\ntwo\n');
    let run = await text(new Map());
    writeFileSync(path, 'one\ntwo\nthree\n');
    run = await text(run.positions);
    expect(run.text).toBe('three\n');
    writeFileSync(path, 'eins\nzwei\ndrei\nvier\n');
    run = await text(run.positions);
    expect(run.text).toBe('eins\nzwei\ndrei\nvier\n');
    writeFileSync(path, '');
    run = await text(run.positions);
    writeFileSync(path, 'eins\nzwei\ndrei\nvier\nfünf\n');
    expect((await text(run.positions)).text).toBe('eins\nzwei\ndrei\nvier\nfünf\n');
  });
});

describe('stdin source', () => {
  it('reads pieces of any size, and a last line without its newline', async () => {
    for (const size of [1, 7, 64, 65, 5000]) {
      const text = `${LINES}last`;
      const stream = byteStream(text.match(new RegExp(`[^]{1,${size}}`, 'g'))!);
      const outlet = new CountingOutlet(64);
      expect(textOf(await receiveAll(sourceOf(stream).read(outlet, never), outlet))).toBe(text);
    }
  });

  it('reads an empty input', async () => {
    const outlet = new CountingOutlet(64);
    expect(await receiveAll(sourceOf(byteStream([])).read(outlet, never), outlet)).toEqual([]);
  });

  it('passes on what it has when no more comes, and holds no buffer then', async () => {
    const stream = new PassThrough();
    const outlet = new CountingOutlet(1024, { lingerMs: 10 });
    const received: Received[] = [];
    const running = (async () => {
      for await (const chunk of sourceOf(stream).read(outlet, never)) received.push(receive(chunk, outlet));
    })();
    stream.write('one\ntw');
    await expect.poll(() => textOf(received), { interval: 2 }).toBe('one\n');
    await expect.poll(() => outlet.lent.size, { interval: 2 }).toBe(0);
    stream.write('o\n');
    await expect.poll(() => textOf(received), { interval: 2 }).toBe('one\ntwo\n');
    stream.end('end');
    await running;
    expect(textOf(received)).toBe('one\ntwo\nend');
  });

  it('waits no longer than it is told for lines that may belong to what is there', async () => {
    const stream = new PassThrough();
    const outlet = new CountingOutlet(1024, { lingerMs: 1 });
    const framing = {
      kind: 'multiline',
      of: { type: 'java' },
      maxLines: 9,
      maxBytes: 1000,
      flushAfterMs: 50,
    } as const;
    const framer = new Framer({ ...OPTIONS, framing }, { source: 'in', name: 'stdin' });
    const received: Received[] = [];
    const running = (async () => {
      const chunks = readStream(new StreamInput(stream), framer, outlet, never);
      for await (const chunk of chunks) received.push(receive(chunk, outlet));
    })();
    stream.write('x\na.Error: b\n\tat c\n\tat');
    await expect.poll(() => textOf(received), { interval: 2 }).toBe('x\n');
    await expect.poll(() => textOf(received), { interval: 2 }).toBe('x\na.Error: b\n\tat c\n');
    stream.end(' d');
    await running;
    expect(received.map(({ bytes }) => bytes.toString())).toEqual(['x\n', 'a.Error: b\n\tat c\n', '\tat d']);
  });

  it('passes on all that it had taken when the run is told to end', async () => {
    const stream = new PassThrough();
    const outlet = new CountingOutlet(64);
    const controller = new AbortController();
    stream.write(`${LINES}part`);
    const received: Received[] = [];
    for await (const chunk of sourceOf(stream).read(outlet, controller.signal)) {
      received.push(receive(chunk, outlet));
      controller.abort();
    }
    expect(textOf(received)).toBe(`${LINES}part`);
    expect(outlet.lent.size).toBe(0);
  });

  it('says that reading failed, after what came before', async () => {
    const stream = new PassThrough();
    const outlet = new CountingOutlet(64);
    stream.write('one\n');
    const received: Received[] = [];
    const run = async () => {
      for await (const chunk of sourceOf(stream).read(outlet, never)) {
        received.push(receive(chunk, outlet));
        stream.destroy(new Error('the cable is out'));
      }
    };
    await expect(run()).rejects.toMatchObject({
      code: 'input_failed',
      message: expect.stringContaining('cable'),
    });
    expect(textOf(received)).toBe('one\n');
  });
});
