import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Framer, type Source } from '#component';
import { StreamInput } from '../../connectors/stdin/input.js';
import { readStream } from '../../connectors/stdin/source.js';
import { CountingOutlet, type Received, receive, receiveAll, textOf } from '../conformance/outlet.js';
import { testSource } from '../conformance/source-suite.js';

const LINES = Array.from({ length: 100 }, (_, i) => `line ${i} ${'x'.repeat(i % 30)}\n`).join('');
const never = new AbortController().signal;
const byteStream = (pieces: readonly string[]): Readable =>
  Readable.from(
    pieces.map((piece) => Buffer.from(piece)),
    { objectMode: false },
  );

function newFramer(): Framer {
  const options = {
    framing: 'lines',
    preambleLines: 0,
    maxLineBytes: 1000,
    longLines: 'dead_letter',
  } as const;
  return new Framer(options, { source: 'in', name: 'stdin' });
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
