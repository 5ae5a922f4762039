import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framer, type FramingOptions, type FramingState, type JsonValue } from '#component';
import { Arena } from '../../src/batch/index.js';
import { frame, type MultilineConfig, multilineFraming } from '../../src/formats/index.js';
import { CountingOutlet, type Received, receive } from '../conformance/outlet.js';
import { runs } from '../support/property.js';

const never = new AbortController().signal;
const LIMITS = { max_lines: 1000, max_bytes: 1 << 20, flush_after: 1000 };
const arena = new Arena(16 * 1024 * 1024);

interface Found {
  readonly offset: number;
  readonly text: string;
}

/** The records of bytes that are one chunk. */
function recordsOf(config: MultilineConfig, bytes: Uint8Array, limit: number, offset = 0): Found[] {
  const framing = multilineFraming(config);
  arena.reset();
  const start = arena.place(bytes);
  const end = start + bytes.length;
  const found: Found[] = [];
  for (let at = start; at < end; ) {
    const { records, next } = frame(arena, framing, at, end, limit, offset - start);
    for (let row = 0; row < records.count; row++) {
      const from = records.starts[row]!;
      const text = Buffer.from(arena.bytes.slice(from, from + records.lengths[row]!)).toString('latin1');
      found.push({ offset: records.offsets[row]!, text });
    }
    at = next;
  }
  return found;
}

interface Buffers {
  readonly batchBytes: number;
  readonly sizes: readonly number[];
  readonly limit: number;
}

async function read(
  input: Buffer,
  config: MultilineConfig,
  { batchBytes, sizes }: Buffers,
  { start = { offset: 0 }, flushes = false }: { start?: FramingState; flushes?: boolean } = {},
): Promise<Received[]> {
  const options: FramingOptions = {
    framing: multilineFraming(config),
    preambleLines: 0,
    maxLineBytes: 1000,
    longLines: 'dead_letter',
  };
  const outlet = new CountingOutlet(batchBytes);
  const resumeOf = (state: FramingState) => ({ key: 'all', position: state as unknown as JsonValue });
  const framer = new Framer(options, { source: 'in', name: 'a.log' }, start, resumeOf);
  const received: Received[] = [];
  let at = start.offset;
  const turn = async (end: number, isFinal: boolean, flush: boolean): Promise<void> => {
    const chunks = framer.chunks({
      read: async (into) => {
        const count = Math.min(into.length, end - at);
        into.set(input.subarray(at, at + count));
        at += count;
        return count;
      },
      outlet,
      signal: never,
      isFinal: () => isFinal,
      ...(flush && { flush: true }),
    });
    for await (const chunk of chunks) received.push(receive(chunk, outlet));
  };
  for (let round = 0; at < input.length; round++) {
    await turn(Math.min(input.length, at + sizes[round % sizes.length]!), false, flushes && round % 3 === 0);
  }
  await turn(input.length, true, false);
  expect(outlet.lent.size).toBe(0);
  return received;
}

const TRACES: Readonly<Record<string, readonly string[]>> = {
  java: [
    'x',
    '',
    'java.lang.Error: a',
    '\tat b.C(D.java:1)',
    'Caused by: E',
    '\t... 3 more',
    'F: nested Exception',
    'nested exception is: ',
  ],
  python: [
    'x',
    '',
    'Traceback (most recent call last):',
    '  File "a.py", line 1, in b',
    '    c()',
    '    ~^^',
    'ValueError: d',
    'During handling of the above exception, another exception occurred:',
  ],
  go: [
    'x',
    '',
    'panic: a',
    '[signal SIGSEGV',
    'goroutine 1 [running]:',
    'main.main()',
    '\t/a.go:1 +0x1',
    'created by b',
  ],
  ruby: [
    'x',
    '',
    "a.rb:1:in `b': c (D)",
    "\tfrom a.rb:2:in `e'",
    'FError (g):',
    '  ',
    "  h.rb:3:in `i'",
    '\tfrom e',
  ],
  docker: [
    '{"log":"a","stream":"stdout","time":"1"}',
    '{"log":"b\\n","stream":"stdout","time":"2"}',
    '{"time":"3", "stream": "stderr", "log":"c"}',
    '{"log":"d\\\\\\n","stream":"stderr","time":"4"}',
    '{"log":"e\\\\n","stream":"stderr"}',
    '{"log":"f\\n"}',
    '{"log":"',
    '',
  ],
  cri: [
    '2026-01-01T00:00:00Z stdout P a',
    '2026-01-01T00:00:01Z stdout F b',
    '2026-01-01T00:00:02Z stderr P:x c',
    '2026-01-01T00:00:03Z stderr F',
    '2026-01-01T00:00:04Z stderr P ',
    '2026-01-01T00:00:05Z stdin P a',
    'x stdout P a',
    '',
  ],
  pattern: ['x', '', ' a', '- b', 'c;', '- d;', '\u00e9', ' '],
};
/** Lines of container runtimes that hold those of traces, and parts of them. */
const CONTAINER_TRACES: Readonly<Record<string, readonly string[]>> = {
  cri: [
    ...TRACES.cri!,
    ...['out', 'err'].flatMap((stream) => [
      `2026-01-01T00:00:01Z std${stream} F java.lang.Error: a`,
      `2026-01-01T00:00:01.5Z std${stream} F \tat b`,
      `2026-01-01T00:00:02Z std${stream} P Caused`,
      `2026-01-01T00:00:02Z std${stream} F  by: c`,
      `2026-01-01T00:00:09Z std${stream} F - d;`,
    ]),
  ],
  docker: [
    ...TRACES.docker!,
    ...['out', 'err'].flatMap((stream) => [
      `{"log":"java.lang.Error: \\u0061\\n","stream":"std${stream}","time":"2026-01-01T00:00:01Z"}`,
      `{"log":"\\tat b\\n","stream":"std${stream}","time":"2026-01-01T00:00:01.5Z"}`,
      `{"log":"Caused","stream":"std${stream}","time":"2026-01-01T00:00:02Z"}`,
      `{"log":" by: c\\r\\n","stream":"std${stream}","time":"2026-01-01T00:00:02Z"}`,
      `{"log":"- d;\\n","stream":"std${stream}","time":"2026-01-01T00:00:09Z"}`,
      `{"log":"\\u12","stream":"std${stream}"}`,
    ]),
  ],
};
const patterns = fc
  .record(
    {
      start: fc.constantFrom('^-', 'x'),
      continue: fc.constantFrom('^\\s', '^$|;'),
      end: fc.constantFrom(';$', 'é'),
    },
    { requiredKeys: [] },
  )
  .filter((one) => Object.keys(one).length > 0);
const limits = fc.record({
  max_lines: fc.constantFrom(1, 2, 3, 1000),
  max_bytes: fc.constantFrom(1, 20, 50, 1 << 20),
  flush_after: fc.constant(1000),
});
/** Some of these lines, and some that are none. */
const textOf = (lines: readonly string[]): fc.Arbitrary<Buffer> =>
  fc
    .array(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...lines) },
        { weight: 1, arbitrary: fc.constantFrom('y'.repeat(300), '\0\xff') },
      ),
      { maxLength: 40 },
    )
    .chain((some) =>
      fc.constantFrom('\n', '\r\n').map((end) => Buffer.from(some.map((line) => line + end).join(''))),
    );
const ofPatterns = patterns.map((some) => ({ type: 'pattern', ...some }));
const setups = fc.oneof(
  ...Object.keys(TRACES).map((type) =>
    fc.record({
      config: fc
        .tuple(limits, type === 'pattern' ? ofPatterns : fc.constant({ type }))
        .map(([some, of]): MultilineConfig => ({ ...some, ...of })),
      input: textOf(TRACES[type]!),
    }),
  ),
  ...Object.keys(CONTAINER_TRACES).map((type) =>
    fc.record({
      config: fc
        .tuple(limits, fc.oneof(fc.constant({ type: 'java' }), ofPatterns))
        .map(([some, group]): MultilineConfig => ({ type, group, ...some })),
      input: textOf(CONTAINER_TRACES[type]!),
    }),
  ),
);
const buffers = fc.record({
  batchBytes: fc.integer({ min: 1, max: 200 }),
  sizes: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
  limit: fc.constantFrom(1, 2, 5, 1000),
});

describe('lines that belong together', () => {
  it('are the same records whatever the buffers, with the position of their first line', async () => {
    await fc.assert(
      fc.asyncProperty(setups, buffers, async ({ config, input }, sizes) => {
        const received = await read(input, config, sizes);
        const found = received.flatMap(({ bytes, offset }) => recordsOf(config, bytes, sizes.limit, offset));
        expect(found).toEqual(recordsOf(config, input, 1000));
        if (config.type === 'docker' || config.type === 'cri') return;
        for (const { offset, text } of found) {
          expect(input.subarray(offset, offset + text.length).toString('latin1')).toBe(text);
        }
      }),
      { numRuns: runs(1000) },
    );
  });

  it('are whole before and behind each position', async () => {
    await fc.assert(
      fc.asyncProperty(setups, buffers, fc.nat(), async ({ config, input }, sizes, some) => {
        const received = await read(input, config, sizes);
        if (received.length === 0) return;
        const before = received.slice(0, (some % received.length) + 1);
        const start = before.at(-1)!.resume!.position as unknown as FramingState;
        const after = await read(input, config, sizes, { start });
        const found = [...before, ...after].flatMap(({ bytes, offset }) =>
          recordsOf(config, bytes, 1000, offset),
        );
        expect(found).toEqual(recordsOf(config, input, 1000));
      }),
      { numRuns: runs(300) },
    );
  });

  it('are neither lost nor changed where they are waited for no longer', async () => {
    await fc.assert(
      fc.asyncProperty(setups, buffers, async ({ config, input }, sizes) => {
        const received = await read(input, config, sizes, { flushes: true });
        expect(Buffer.concat(received.map(({ bytes }) => bytes)).equals(input)).toBe(true);
        for (const { bytes } of received) expect(bytes.at(-1)).toBe(10);
      }),
      { numRuns: runs(300) },
    );
  });

  it('of containers are each in one record, in the order of their streams, whatever the limits', () => {
    const texts = fc.constantFrom('a.Error: b', '\tat c', 'Caused by: d', '- e', 'f;');
    const line = fc.tuple(fc.constantFrom('out', 'err'), fc.boolean(), texts);
    const groups = fc.oneof(fc.constant({ type: 'java' }), ofPatterns);
    fc.assert(
      fc.property(limits, groups, fc.boolean(), fc.array(line), (some, group, isCri, lines) => {
        const input = lines.map(([stream, isWhole, text], id) => {
          const log = `<${id}>${text}`;
          const time = `2026-01-01T00:00:${String(id % 60).padStart(2, '0')}Z`;
          if (isCri) return `${time} std${stream} ${isWhole ? 'F' : 'P'} ${log}\n`;
          return `${JSON.stringify({ log: isWhole ? `${log}\n` : log, stream: `std${stream}`, time })}\n`;
        });
        const config = { type: isCri ? 'cri' : 'docker', group, ...some };
        const records = recordsOf(config, Buffer.from(input.join('')), 1000);
        const found = records.map(({ text }) => ({
          stream: /std(out|err)/.exec(text)![1],
          ids: Array.from(text.matchAll(/<(\d+)>/g), ([, id]) => Number(id)),
        }));
        for (const stream of ['out', 'err']) {
          const ids = found.flatMap((record) => (record.stream === stream ? record.ids : []));
          expect(ids).toEqual(lines.flatMap(([of], id) => (of === stream ? [id] : [])));
        }
      }),
      { numRuns: runs(1000) },
    );
  });

  it('are refused alone where one is over the limit', async () => {
    const input = Buffer.from(`E: Error:\n\tat a\n\tat ${'b'.repeat(2000)}\n\tat c\nx\n`);
    const sizes = { batchBytes: 64, sizes: [100], limit: 10 };
    const config: MultilineConfig = { type: 'java', ...LIMITS };
    const received = await read(input, config, sizes);
    const found = received.flatMap(({ bytes, offset }) => recordsOf(config, bytes, 10, offset));
    expect(found.map(({ text }) => text)).toEqual(['E: Error:\n\tat a', '\tat c', 'x']);
    expect(received.flatMap(({ refused }) => refused.map(({ code }) => code))).toEqual(['line_too_long']);
  });
});

describe('records of several lines', () => {
  const texts = (config: Partial<MultilineConfig> & { type: string }, ...lines: string[]): string[] =>
    recordsOf({ ...LIMITS, ...config }, Buffer.from(lines.map((line) => `${line}\n`).join('')), 1000).map(
      ({ text }) => text,
    );

  it.each([
    [
      'java',
      ['x', 'a.BException: c', '\tat d', 'Suppressed: e', '\tat f', '\t... 3 common frames omitted'],
      [1, 5],
    ],
    ['java', ['a: Error', '', 'nested exception is:', 'b.Exception: c', '    at d'], [5]],
    ['java', ['\tat orphan', '\tat orphan', 'x'], [2, 1]],
    ['java', ['Exceptional', 'at x', '... more'], [1, 1, 1]],
    [
      'python',
      [
        'Traceback (most recent call last):',
        '  File "a", line 1',
        '    b',
        '    ^',
        'c.DError',
        '',
        'During handling of the above exception, another exception occurred:',
        '',
        'Traceback (most recent call last):',
        '  File "a", line 1',
        '  File "e", line 2',
        '    f',
        'G: h',
        'x',
      ],
      [13, 1],
    ],
    [
      'go',
      ['x', 'fatal error: a', '', 'goroutine 1 [select]:', 'a/b.(*C).d(0x1)', '\te.go:1', '', 'x y(z)'],
      [1, 6, 1],
    ],
    ['ruby', ["a.rb:1:in `b': c (D::E)", "\t2: from a.rb:2:in `f'", '\tfrom a.rb:3', 'x'], [3, 1]],
    ['ruby', ['ActionView::TemplateError (a):', '  ', "  b.rb:1:in `c'", 'x'], [3, 1]],
  ])('%s', (type, lines, counts) => {
    expect(texts({ type }, ...lines).map((text) => text.split('\n').length)).toEqual(counts);
  });

  it('cri: joins the parts of each stream, in the order in which they end', () => {
    const bytes = Buffer.from(
      '1 stdout P a\n2 stderr P b \n3 stdout P:x c\nx\n4 stdout F:x d\n5 stdout F e\n6 stderr P f',
    );
    expect(recordsOf({ ...LIMITS, type: 'cri' }, bytes, 1000, 100)).toEqual([
      { offset: 142, text: 'x' },
      { offset: 100, text: '1 stdout F:x acd' },
      { offset: 159, text: '5 stdout F e' },
      { offset: 113, text: '2 stderr P b f' },
    ]);
  });

  it('docker: joins what has no newline at its end with what follows, and keeps the rest of the first line', () => {
    const lines = [
      '{"log":"a\\"","stream":"stdout","time":"1"}',
      '{"stream":"stderr","log":"x\\n","time":"2"}',
      '{"time":"3","log":"b\\\\n","stream":"stdout","attrs":{"log":"z"}}',
      '{"log":"c\\n","stream":"stdout","time":"4"}',
    ];
    expect(texts({ type: 'docker' }, ...lines)).toEqual([
      lines[1],
      '{"log":"a\\"b\\\\nc\\n","stream":"stdout","time":"1"}',
    ]);
  });

  describe('of a container, when its lines are whole', () => {
    const cri = (...lines: string[]) => lines.map((line, i) => `2026-05-17T10:05:0${i % 10}Z ${line}`);
    const time = (second: number) => `2026-05-17T10:05:0${second}Z`;
    const group = { type: 'java' };

    it('joins parts first, and keeps stdout and stderr apart', () => {
      const lines = cri(
        'stdout F java.lang.Error: a',
        'stderr P java.lang.E',
        'stdout F \tat b',
        'stderr F rror: c',
        'stderr F \tat d',
        'stdout P \t... 3',
        'stdout F  more',
        'stderr F e',
      );
      expect(texts({ type: 'cri', group, flush_after: 5000 }, ...lines)).toEqual([
        `${time(1)} stderr F java.lang.Error: c\n\tat d`,
        `${time(7)} stderr F e`,
        `${time(0)} stdout F java.lang.Error: a\n\tat b\n\t... 3 more`,
      ]);
    });

    it("keeps the escapes of Docker's lines", () => {
      const docker = (log: string, stream: string) => JSON.stringify({ log, stream, time: time(1) });
      const lines = [
        docker('x\n', 'stdout'),
        docker('E: \u0001Err', 'stdout'),
        docker('panic: no\n', 'stderr'),
        docker('or: "é\n', 'stdout').replace('é', '\\u00e9'),
        docker('\tat b\r\n', 'stdout'),
        docker('y\n', 'stdout'),
      ];
      const found = texts({ type: 'docker', group }, ...lines);
      expect(found.map((text) => (JSON.parse(text) as { log: string }).log)).toEqual([
        'x\n',
        'panic: no\n',
        'E: \u0001Error: "é\n\tat b\r\n',
        'y\n',
      ]);
      expect(found[2]).toContain('\\u00e9');
    });

    it('waits for no more of one stream while the other goes on', () => {
      const lines = cri(
        'stderr F a.Error: b',
        'stdout F x',
        'stderr F \tat c',
        'stdout F y',
        'stdout F z',
        'stderr F \tat d',
      );
      const found = (flush_after: number) =>
        texts({ type: 'cri', group, flush_after }, ...lines).map((text) => text.slice(21));
      expect(found(3000)).toEqual([
        'stdout F x',
        'stdout F y',
        'stdout F z',
        'stderr F a.Error: b\n\tat c\n\tat d',
      ]);
      expect(found(1000)).toEqual([
        'stdout F x',
        'stdout F y',
        'stderr F a.Error: b\n\tat c',
        'stdout F z',
        'stderr F \tat d',
      ]);
    });

    it('takes patterns', () => {
      const lines = cri('stdout F - a', 'stdout F b', 'stdout F - c', 'x', 'stdout F d');
      expect(texts({ type: 'cri', group: { type: 'pattern', start: '^-' } }, ...lines)).toEqual([
        `${time(0)} stdout F - a\nb`,
        lines[3],
        `${time(2)} stdout F - c\nd`,
      ]);
    });

    it('ends records that are too long', () => {
      const lines = cri(...Array.from({ length: 5 }, () => 'stdout F \tat a'));
      const counts = (options: object) =>
        texts({ type: 'cri', group, ...options }, ...lines).map((text) => text.split('\n').length);
      expect(counts({ max_lines: 2 })).toEqual([2, 2, 1]);
      expect(counts({ max_bytes: 75 })).toEqual([2, 2, 1]);
      expect(counts({})).toEqual([5]);
    });
  });

  it('cri: ends records that are too long', () => {
    const part = '1 stdout P a';
    const counts = (limits: object): number[] =>
      texts({ type: 'cri', ...limits }, part, part, '2 stderr F b', part, part).map((text) => text.length);
    expect(counts({ max_lines: 3 })).toEqual([12, 14, 12]);
    expect(counts({ max_bytes: 30 })).toEqual([13, 12, 13]);
  });

  it.each([
    [{ start: '^a' }, ['x', 'y', 'a', 'b', 'a'], ['x y', 'a b', 'a']],
    [{ continue: '^ ' }, [' x', ' y', 'a', ' b', 'c'], [' x  y', 'a  b', 'c']],
    [{ start: '^a', continue: '^ ' }, ['a', ' b', 'c', ' d', 'a'], ['a  b', 'c', ' d', 'a']],
    [{ end: ';$' }, ['a', 'b;', 'c;', 'd'], ['a b;', 'c;', 'd']],
    [{ start: '^a', end: ';$' }, ['a', 'b;', 'c', 'a;', 'd;'], ['a b;', 'c', 'a;', 'd;']],
    [{ start: '^é' }, ['é', 'b', 'é'], ['é b', 'é']],
    [{ start: '^a', max_lines: 2 }, ['a', 'b', 'c', 'd', 'e'], ['a b', 'c d', 'e']],
    [{ start: '^a', max_bytes: 3 }, ['a', 'b', 'c', 'dddd', 'e'], ['a b', 'c', 'dddd', 'e']],
  ])('pattern %j', (options, lines, expected) => {
    const found = texts({ type: 'pattern', ...options }, ...lines);
    expect(found.map((text) => Buffer.from(text, 'latin1').toString().replaceAll('\n', ' '))).toEqual(
      expected,
    );
  });
});
