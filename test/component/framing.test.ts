import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framer, type FramingOptions, type ReadBytes } from '#component';
import { quoteParity } from '../../src/component/record-ends.js';
import type { Framing } from '../../src/formats/index.js';
import { CountingOutlet, type Received, receiveAll } from '../conformance/outlet.js';
import { runs } from '../support/property.js';

const DEFAULTS: FramingOptions = {
  framing: 'lines',
  preambleLines: 0,
  maxLineBytes: 100,
  longLines: 'dead_letter',
};
const PARTITION = { source: 'in', name: 'a.log' };
/** The letter a escapes, and a zero makes a comment. */
const DIALECT: Framing = { kind: 'csv', escapeByte: 97, commentByte: 0 };
const never = new AbortController().signal;

/** Reads `input` in pieces of these sizes, over and over. */
function pieces(input: Buffer, sizes: readonly number[]): ReadBytes {
  let at = 0;
  let turn = 0;
  return async (into) => {
    const size = Math.min(sizes[turn++ % sizes.length]!, into.length, input.length - at);
    into.set(input.subarray(at, at + size));
    at += size;
    return size;
  };
}

async function frame(
  input: Buffer,
  {
    batchBytes = 64,
    sizes = [Number.MAX_SAFE_INTEGER],
    isFinal = true,
    ...options
  }: Partial<FramingOptions> & {
    batchBytes?: number;
    sizes?: readonly number[];
    isFinal?: boolean;
  } = {},
): Promise<{ received: Received[]; outlet: CountingOutlet; framer: Framer }> {
  const outlet = new CountingOutlet(batchBytes);
  const framer = new Framer({ ...DEFAULTS, ...options }, PARTITION);
  const read = pieces(input, sizes);
  const received = await receiveAll(
    framer.chunks({ read, outlet, signal: never, isFinal: () => isFinal }),
    outlet,
  );
  expect(outlet.lent.size).toBe(0);
  return { received, outlet, framer };
}

interface Line {
  readonly offset: number;
  /** With its newline, if it has one. */
  readonly bytes: Buffer;
  /** Whether its last byte is the newline that ends it, and not one within quotes that are still open. */
  readonly hasEnd: boolean;
}

/** The definition: a byte after another. */
function naiveRecords(input: Buffer, framing: Framing): Line[] {
  const { escapeByte, commentByte } =
    typeof framing === 'object' && framing.kind === 'csv' ? framing : { escapeByte: -1, commentByte: -1 };
  const records: Line[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < input.length; at++) {
    const isComment = input[start] === commentByte;
    if (input[at] === escapeByte && !isComment) {
      at++;
      continue;
    }
    if (framing !== 'lines' && input[at] === 34 && !isComment) quoted = !quoted;
    if (input[at] !== 10 || quoted) continue;
    records.push({ offset: start, bytes: input.subarray(start, at + 1), hasEnd: true });
    start = at + 1;
    quoted = false;
  }
  if (start < input.length) records.push({ offset: start, bytes: input.subarray(start), hasEnd: false });
  return records;
}

/** What a person reads in the chunks: each record with its place, chunks cut again by the definition. */
function recordsOf(received: readonly Received[], framing: Framing): Line[] {
  return received.flatMap((chunk) =>
    naiveRecords(chunk.bytes, framing).map((line) => ({ ...line, offset: chunk.offset + line.offset })),
  );
}

function contentLength({ bytes, hasEnd }: Line): number {
  return hasEnd ? bytes.length - 1 : bytes.length;
}

const plain = (lines: readonly Line[]): [number, string][] =>
  lines.map(({ offset, bytes }) => [offset, bytes.toString('latin1')]);

describe('framing', () => {
  const bytes = fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(10, 34, 13, 0, 97) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) },
      ),
      { maxLength: 300 },
    )
    .map((values) => Buffer.from(values));
  const setup = fc.record({
    input: bytes,
    framing: fc.constantFrom<Framing>('lines', 'csv', DIALECT),
    batchBytes: fc.integer({ min: 1, max: 40 }),
    sizes: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 }),
  });

  it('gives the records of a naive split, whatever the bytes and the buffers', async () => {
    await fc.assert(
      fc.asyncProperty(setup, async ({ input, ...options }) => {
        const { received } = await frame(input, { ...options, maxLineBytes: 1000 });
        expect(plain(recordsOf(received, options.framing))).toEqual(
          plain(naiveRecords(input, options.framing)),
        );
      }),
      { numRuns: runs(500) },
    );
  });

  it('refuses, drops or truncates exactly the lines over the limit', async () => {
    const limited = fc.record({
      limit: fc.integer({ min: 1, max: 30 }),
      longLines: fc.constantFrom('truncate' as const, 'dead_letter' as const, 'drop' as const),
    });
    await fc.assert(
      fc.asyncProperty(setup, limited, async ({ input, ...options }, { limit, longLines }) => {
        const { received } = await frame(input, { ...options, maxLineBytes: limit, longLines });
        const all = naiveRecords(input, options.framing);
        const long = all.filter((line) => contentLength(line) > limit);
        const short = all.filter((line) => contentLength(line) <= limit);
        const refused = received.flatMap((chunk) =>
          chunk.refused.map((one) => [one.offset, Buffer.from(one.bytes).toString('latin1')]),
        );
        const cut = long.map((line): [number, string] => [
          line.offset,
          line.bytes.subarray(0, limit).toString('latin1'),
        ]);
        if (longLines === 'truncate') {
          const text = (line: Line) =>
            contentLength(line) > limit ? line.bytes.subarray(0, limit) : line.bytes;
          expect(Buffer.concat(received.map((chunk) => chunk.bytes))).toEqual(Buffer.concat(all.map(text)));
        } else {
          expect(plain(recordsOf(received, options.framing))).toEqual(plain(short));
        }
        expect(refused).toEqual(longLines === 'dead_letter' ? cut : []);
        expect(received.reduce((sum, chunk) => sum + chunk.dropped, 0)).toBe(
          longLines === 'drop' ? long.length : 0,
        );
      }),
      { numRuns: runs(500) },
    );
  });

  it('takes the first lines as the preamble, and no record from them', async () => {
    await fc.assert(
      fc.asyncProperty(
        setup,
        fc.integer({ min: 1, max: 3 }),
        async ({ input, ...options }, preambleLines) => {
          const { received, framer } = await frame(input, { ...options, preambleLines, maxLineBytes: 1000 });
          const all = naiveRecords(input, options.framing);
          const isLine = ({ bytes }: Line) => options.framing !== DIALECT || bytes[0] !== 0;
          const lines = all.filter(isLine).slice(0, preambleLines);
          const rest = lines.length < preambleLines ? [] : all.slice(all.indexOf(lines.at(-1)!) + 1);
          expect(plain(recordsOf(received, options.framing))).toEqual(plain(rest));
          if (lines.length < preambleLines) return;
          const preamble = Buffer.concat(lines.map((line) => line.bytes));
          const expected = preamble.at(-1) === 10 ? preamble.subarray(0, -1) : preamble;
          expect(Buffer.from(framer.currentPartition.preamble!)).toEqual(expected);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it.each([0, 1, 99, 100, 101, 199, 200, 201, 1000])(
    'keeps the lines around one of %i bytes',
    async (length) => {
      for (const longLines of ['truncate', 'dead_letter', 'drop'] as const) {
        for (const end of ['', '\n', '\nnext', '\r\nnext\r\n']) {
          const input = Buffer.from(`before\n${'x'.repeat(length)}${end}`);
          const { received } = await frame(input, { longLines, batchBytes: 16 });
          const content = end.startsWith('\r') ? length + 1 : length;
          const isLong = content > 100;
          const line = isLong
            ? longLines === 'truncate'
              ? 'x'.repeat(100)
              : ''
            : input.toString('latin1', 7, 7 + length) + (end.match(/^\r?\n/)?.[0] ?? '');
          expect(received.map((chunk) => chunk.bytes.toString()).join('')).toBe(
            `before\n${line}${end.replace(/^\r?\n/, '')}`,
          );
        }
      }
    },
  );

  it.each(['truncate', 'dead_letter', 'drop'] as const)(
    'keeps the line behind one of any length, whatever it holds and wherever it is split (%s)',
    async (longLines) => {
      const limit = 10;
      for (const length of [0, 1, limit - 1, limit, limit + 1, 35]) {
        for (const unit of ['x', '\r', '\0', '\u{feff}']) {
          for (const end of ['\n', '\r\n', '\r', '']) {
            const input = Buffer.from(`a\n${unit.repeat(length)}${end}${end.endsWith('\n') ? 'b\n' : ''}`);
            const [before, line, ...rest] = naiveRecords(input, 'lines');
            const isLong = line !== undefined && contentLength(line) > limit;
            const kept = isLong ? line.bytes.subarray(0, longLines === 'truncate' ? limit : 0) : line?.bytes;
            const expected = [before!.bytes, kept ?? Buffer.alloc(0), ...rest.map(({ bytes }) => bytes)];
            for (let size = 1; size <= input.length; size++) {
              const options = { maxLineBytes: limit, longLines, batchBytes: 16, sizes: [size, input.length] };
              const { received } = await frame(input, options);
              const found = Buffer.concat(received.map((chunk) => chunk.bytes));
              if (!found.equals(Buffer.concat(expected))) expect(found).toEqual(Buffer.concat(expected));
              const counted = received.reduce((sum, one) => sum + one.refused.length + one.dropped, 0);
              expect(counted).toBe(isLong && longLines !== 'truncate' ? 1 : 0);
            }
          }
        }
      }
    },
  );

  it('passes every byte split of a small input', async () => {
    const input = Buffer.from('one\r\n\r\n\u{feff}tw\0o\rx\n\nlast');
    for (let size = 1; size <= input.length; size++) {
      for (let batchBytes = 1; batchBytes <= input.length; batchBytes++) {
        const { received } = await frame(input, { sizes: [size], batchBytes });
        expect(Buffer.concat(received.map((chunk) => chunk.bytes))).toEqual(input);
        for (const chunk of received.slice(0, -1)) expect(chunk.bytes.at(-1)).toBe(10);
      }
    }
  });

  it('goes on where it stopped when there is more', async () => {
    const framer = new Framer(DEFAULTS, PARTITION, { offset: 1000 });
    const outlet = new CountingOutlet(16);
    const turn = (text: string, isFinal = false) =>
      receiveAll(
        framer.chunks({
          read: pieces(Buffer.from(text), [5]),
          outlet,
          signal: never,
          isFinal: () => isFinal,
        }),
        outlet,
      );
    expect((await turn('one\ntw')).map((chunk) => [chunk.offset, chunk.bytes.toString()])).toEqual([
      [1000, 'one\n'],
    ]);
    expect(framer.position).toBe(1006);
    expect(await turn('')).toEqual([]);
    expect((await turn('o\n')).map((chunk) => [chunk.offset, chunk.bytes.toString()])).toEqual([
      [1004, 'two\n'],
    ]);
    expect((await turn('end', true)).map((chunk) => [chunk.offset, chunk.bytes.toString()])).toEqual([
      [1008, 'end'],
    ]);
  });

  it('passes on what it read whole before an error', async () => {
    const outlet = new CountingOutlet(8);
    const framer = new Framer(DEFAULTS, PARTITION);
    const good = pieces(Buffer.from('one\ntwo\nthr'), [3]);
    const read: ReadBytes = async (into, isFirst) => {
      const count = await good(into, isFirst);
      if (count === 0) throw new Error('the disk is gone');
      return count;
    };
    const received: string[] = [];
    const run = async () => {
      for await (const chunk of framer.chunks({ read, outlet, signal: never, isFinal: () => true })) {
        received.push(Buffer.from(chunk.bytes).toString());
        outlet.giveBack(chunk.bytes.buffer);
      }
    };
    await expect(run()).rejects.toThrow('the disk is gone');
    expect(received.join('')).toBe('one\ntwo\n');
    expect(outlet.lent.size).toBe(0);
  });

  it('needs no second buffer to pass on the first', async () => {
    const outlet = new CountingOutlet(8, { maxBuffers: 1 });
    const framer = new Framer(DEFAULTS, PARTITION);
    const input = Buffer.from(`${'x'.repeat(50)}\nab\ncd\n${'y'.repeat(300)}\nef\n`);
    const read = pieces(input, [1000]);
    const received = await receiveAll(
      framer.chunks({ read, outlet, signal: never, isFinal: () => true }),
      outlet,
    );
    expect(Buffer.concat(received.map((chunk) => chunk.bytes)).toString()).toBe(
      `${'x'.repeat(50)}\nab\ncd\nef\n`,
    );
    expect(received.flatMap((chunk) => chunk.refused)).toMatchObject([{ offset: 57, code: 'line_too_long' }]);
  });

  it('reads the next buffer while the receiver still has the last', async () => {
    const outlet = new CountingOutlet(8);
    const framer = new Framer(DEFAULTS, PARTITION);
    let reads = 0;
    const source = pieces(Buffer.from('one\ntwo\nthree\nfour\n'), [8]);
    const read: ReadBytes = (into, isFirst) => {
      reads++;
      return source(into, isFirst);
    };
    const chunks = framer.chunks({ read, outlet, signal: never, isFinal: () => true });
    const first = await chunks.next();
    const before = reads;
    await new Promise(setImmediate);
    expect(reads).toBeGreaterThan(1);
    expect(reads).toBeGreaterThanOrEqual(before);
    outlet.giveBack(first.value!.bytes.buffer);
    await chunks.return();
    await new Promise(setImmediate);
    expect(outlet.lent.size).toBe(0);
  });

  it('reports a header line that never ends', async () => {
    await expect(frame(Buffer.alloc(5000, 120), { preambleLines: 1 })).rejects.toMatchObject({
      code: 'line_too_long',
    });
  });

  it.each([
    ['truncate', 2 ** 24],
    ['dead_letter', 2 ** 24],
    ['drop', 2 ** 24],
    ['truncate', 2 ** 30],
    ['dead_letter', 2 ** 30],
    ['drop', 2 ** 30],
  ] as const)(
    'holds no more than twice the limit of a line without an end (%s, %i bytes)',
    async (longLines, length) => {
      const batchBytes = 2 ** 18;
      const maxLineBytes = 2 ** 22;
      const outlet = new CountingOutlet(batchBytes);
      const framer = new Framer({ ...DEFAULTS, maxLineBytes, longLines }, PARTITION);
      let left = length;
      const tail = pieces(Buffer.from('\nnext\n'), [100]);
      const read: ReadBytes = async (into, isFirst) => {
        if (left === 0) return tail(into, isFirst);
        const count = Math.min(left, into.length);
        into.fill(120, 0, count);
        left -= count;
        return count;
      };
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      const received: string[] = [];
      for await (const chunk of framer.chunks({ read, outlet, signal: never, isFinal: () => true })) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        if (chunk.bytes.length < 100) received.push(Buffer.from(chunk.bytes).toString());
        outlet.giveBack(chunk.bytes.buffer);
      }
      expect(received).toEqual(['next\n']);
      expect(outlet.mostLentBytes).toBeLessThanOrEqual(2 * maxLineBytes + batchBytes);
      // What was lent before goes back when the engine sees fit.
      expect(most).toBeLessThan(8 * maxLineBytes);
    },
  );
});

describe('quoteParity', () => {
  it('counts quotes, whatever the alignment', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(34, 35, 0xa2, 0, 33, 162, 255), { maxLength: 80 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 9 }),
        (values, skip, from) => {
          const bytes = Uint8Array.from([...new Array<number>(skip).fill(34), ...values]).subarray(skip);
          const start = Math.min(from, bytes.length);
          const count = bytes.subarray(start).reduce((sum, byte) => sum + (byte === 34 ? 1 : 0), 0);
          expect(quoteParity(bytes, start, bytes.length)).toBe(count % 2);
        },
      ),
      { numRuns: runs(1000) },
    );
  });
});
