import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framer, type FramingOptions, type FramingState, type JsonValue } from '#component';
import type { Framing } from '../../src/formats/index.js';
import { CountingOutlet, type Received, receive } from '../conformance/outlet.js';
import { contentOf } from '../conformance/source-suite.js';
import { runs } from '../support/property.js';

const never = new AbortController().signal;

interface Buffers {
  readonly batchBytes: number;
  /** How many bytes reads give, over and over. */
  readonly sizes: readonly number[];
}

async function frame(
  input: Buffer,
  options: FramingOptions,
  { batchBytes, sizes }: Buffers,
  start: FramingState = { offset: 0 },
): Promise<Received[]> {
  const outlet = new CountingOutlet(batchBytes);
  const resumeOf = (state: FramingState) => ({ key: 'all', position: state as unknown as JsonValue });
  const framer = new Framer(options, { source: 'in', name: 'a.log' }, start, resumeOf);
  let at = start.offset;
  let turn = 0;
  const read = async (into: Uint8Array): Promise<number> => {
    const count = Math.min(sizes[turn++ % sizes.length]!, into.length, input.length - at);
    into.set(input.subarray(at, at + count));
    at += count;
    return count;
  };
  const received: Received[] = [];
  const chunks = framer.chunks({ read, outlet, signal: never, isFinal: () => true });
  for await (const chunk of chunks) received.push(receive(chunk, outlet));
  expect(outlet.lent.size).toBe(0);
  return received;
}

const stateAfter = (received: readonly Received[]): FramingState =>
  received.length === 0
    ? { offset: 0 }
    : (JSON.parse(JSON.stringify(received.at(-1)!.resume!.position)) as FramingState);

const input = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('\n', '"', '\r\n', 'a', ',') },
      { weight: 1, arbitrary: fc.constantFrom('x'.repeat(50), '"\n\n"', `"${'\n'.repeat(40)}"\n`) },
    ),
    { maxLength: 120 },
  )
  .map((pieces) => Buffer.from(pieces.join('')));
const buffers = fc.record({
  batchBytes: fc.integer({ min: 1, max: 60 }),
  sizes: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 }),
});
const options = fc.record({
  framing: fc.constantFrom<Framing>('lines', 'csv', { kind: 'csv', escapeByte: 97, commentByte: 44 }),
  preambleLines: fc.integer({ min: 0, max: 2 }),
  maxLineBytes: fc.integer({ min: 1, max: 60 }),
  longLines: fc.constantFrom('truncate' as const, 'dead_letter' as const, 'drop' as const),
});

describe('framing that goes on', () => {
  it('gives after any chunk exactly what is missing, whatever the buffers are then', async () => {
    const setups = fc.tuple(input, options, buffers, buffers);
    await fc.assert(
      fc.asyncProperty(setups, async ([bytes, options, buffersBefore, buffersAfter]) => {
        const headers = options.preambleLines > 0 ? `${'h,h\n'.repeat(options.preambleLines)}` : '';
        const all = Buffer.concat([Buffer.from(headers), bytes]);
        const limits = { ...options, maxLineBytes: Math.max(options.maxLineBytes, headers ? 3 : 1) };
        const whole = await frame(all, limits, buffersBefore);
        for (let chunks = 0; chunks <= whole.length; chunks++) {
          const before = whole.slice(0, chunks);
          const after = await frame(all, limits, buffersAfter, stateAfter(before));
          expect(contentOf([...before, ...after]), `after ${chunks} chunks`).toEqual(contentOf(whole));
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('reports a long line once, wherever in it a run ends', async () => {
    const all = Buffer.from(`one\n${'x'.repeat(500)}\ntwo\n`);
    const limits = { framing: 'lines', preambleLines: 0, maxLineBytes: 100 } as const;
    for (const longLines of ['truncate', 'dead_letter', 'drop'] as const) {
      const small = { batchBytes: 16, sizes: [16] };
      // The run before saw the file while only a part of the line was there.
      for (let seen = 5; seen < all.length; seen += 7) {
        const before = await frame(all.subarray(0, seen), { ...limits, longLines }, small);
        if (seen - 4 <= limits.maxLineBytes) continue;
        const after = await frame(all, { ...limits, longLines }, small, stateAfter(before));
        expect(contentOf([...before, ...after]), `${longLines}, ${seen} bytes`).toEqual(
          contentOf(await frame(all, { ...limits, longLines }, small)),
        );
      }
    }
  });

  it('keeps its state small: nothing of the records, and of the preamble only what there is', async () => {
    const bytes = Buffer.from(`a,b\n${'1,"two\n"\n'.repeat(100)}`);
    const limits = { maxLineBytes: 1000, longLines: 'drop' } as const;
    const buffers = { batchBytes: 64, sizes: [64] };
    const csv = await frame(bytes, { ...limits, framing: 'csv', preambleLines: 1 }, buffers);
    expect(stateAfter(csv)).toEqual({
      offset: bytes.length,
      preamble: Buffer.from('a,b').toString('base64'),
    });
    const lines = await frame(bytes, { ...limits, framing: 'lines', preambleLines: 0 }, buffers);
    expect(stateAfter(lines)).toEqual({ offset: bytes.length });
  });
});
