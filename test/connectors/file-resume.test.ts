import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Config, type Positions, Random, type Source, type StageContext } from '#component';
import { fileSource } from '../../connectors/file/index.js';
import { configOf, stageContext } from '../conformance/contexts.js';
import { CountingOutlet, receiveAll, textOf } from '../conformance/outlet.js';
import { asKept, expectToResume, readFrom } from '../conformance/source-suite.js';
import { runs } from '../support/property.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-resume-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

function newFolder(): string {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return folder;
}

function sourceOf(options: Config, context: Partial<StageContext> = {}): Source {
  return fileSource.create(configOf(fileSource, options), stageContext(context));
}

/** Runs that go on where the one before ended. */
class Runs {
  positions: Positions = new Map();
  readonly warnings: { fields: object; message: string }[] = [];

  constructor(
    private readonly options: Config,
    private readonly context: Partial<StageContext> = {},
  ) {}

  /** What the next run reads. */
  async next(chunks?: number): Promise<string> {
    const log = {
      info: () => {},
      warn: (fields: object, message: string) => this.warnings.push({ fields, message }),
    };
    const make = () => sourceOf(this.options, { log, ...this.context });
    const { received, positions } = await readFrom(make, {
      from: this.positions,
      ...(chunks !== undefined && { chunks }),
    });
    this.positions = asKept(positions);
    return textOf(received);
  }

  async prune(): Promise<void> {
    this.positions = await sourceOf(this.options).prune!(this.positions);
  }
}

/** Many lines, so that a file has more bytes than its fingerprint. */
const many = (name: string, count = 100): string =>
  Array.from({ length: count }, (_, i) => `${name} ${i} ${'x'.repeat(i % 30)}\n`).join('');

describe('file source that goes on', () => {
  const field = fc.oneof(
    fc.string({ maxLength: 20 }).map((text) => text.replace(/["\r\n]/g, '')),
    fc.constantFrom('"a\nb"', '"say ""x""\r\n"', '""', `"${'\n'.repeat(20)}"`),
    fc.integer({ min: 20, max: 300 }).map((length) => 'l'.repeat(length)),
  );
  const line = fc.tuple(
    fc.array(field, { maxLength: 3 }).map((fields) => fields.join(',')),
    fc.constantFrom('\n', '\r\n'),
  );
  const content = fc
    .tuple(fc.array(line, { maxLength: 25 }), fc.boolean())
    .map(([lines, isCut]) => lines.map(([text, end]) => text + end).join('') + (isCut ? 'last' : ''));
  const setups = fc.record({
    content,
    gzip: fc.boolean(),
    csv: fc.boolean(),
    maxLineBytes: fc.constantFrom(10, 60, 1000),
    policy: fc.constantFrom('truncate', 'dead_letter', 'drop'),
    batchBytes: fc.integer({ min: 20, max: 200 }),
    batchBytesAfter: fc.integer({ min: 20, max: 200 }),
  });

  it('gives every record once, whatever the file holds and wherever the run ended', async () => {
    const folder = newFolder();
    const path = join(folder, 'in.log');
    await fc.assert(
      fc.asyncProperty(setups, async (setup) => {
        const { gzip, csv, maxLineBytes, policy, batchBytes, batchBytesAfter } = setup;
        const text = csv ? `id,text\n${setup.content}` : setup.content;
        writeFileSync(path, gzip ? gzipSync(text) : text);
        const options = { paths: [path], max_line_bytes: maxLineBytes, long_lines: policy };
        const context = csv ? ({ framing: 'csv', preambleLines: 1 } as const) : {};
        await expectToResume(() => sourceOf(options, context), batchBytes, batchBytesAfter);
      }),
      { numRuns: runs(60) },
    );
  });

  it('reads what came since, and files that are new', async () => {
    const folder = newFolder();
    const next = new Runs({ paths: [join(folder, '*.log')] });
    writeFileSync(join(folder, 'b.log'), 'one\n');
    expect(await next.next()).toBe('one\n');
    expect(await next.next()).toBe('');
    appendFileSync(join(folder, 'b.log'), 'two\n');
    writeFileSync(join(folder, 'a.log'), 'new\n');
    expect(await next.next()).toBe('new\ntwo\n');
    expect(await next.next()).toBe('');
  });

  it('takes what follows a last line without a newline for the next record', async () => {
    const path = join(newFolder(), 'a.log');
    const next = new Runs({ paths: [path] });
    writeFileSync(path, 'one\ntw');
    expect(await next.next()).toBe('one\ntw');
    appendFileSync(path, 'o\nthree\n');
    expect(await next.next()).toBe('o\nthree\n');
  });

  it('reads an empty file when there is something in it', async () => {
    const path = join(newFolder(), 'a.log');
    const next = new Runs({ paths: [path] });
    writeFileSync(path, '');
    expect(await next.next()).toBe('');
    appendFileSync(path, 'one\n');
    expect(await next.next()).toBe('one\n');
  });

  it('knows a renamed file again, and reads the new one of its name', async () => {
    const folder = newFolder();
    const path = join(folder, 'a.log');
    const next = new Runs({ paths: [`${path}*`] });
    writeFileSync(path, many('old'));
    const first = await next.next(3);
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'new\n');
    expect(await next.next()).toBe(`new\n${many('old').slice(first.length)}`);
  });

  it('reads a file from its beginning that has become shorter, or begins otherwise', async () => {
    const path = join(newFolder(), 'a.log');
    const next = new Runs({ paths: [path] });
    writeFileSync(path, many('one'));
    await next.next();
    truncateSync(path, 2000);
    expect(await next.next()).toBe(many('one').slice(0, 2000));
    writeFileSync(path, many('two', 300));
    expect(await next.next()).toBe(many('two', 300));
  });

  it('forgets where it was in a file that was emptied, though it may come to begin as before', async () => {
    const path = join(newFolder(), 'a.log');
    const next = new Runs({ paths: [path] });
    writeFileSync(path, many('one', 20));
    await next.next();
    truncateSync(path);
    expect(await next.next()).toBe('');
    writeFileSync(path, many('one', 40));
    expect(await next.next()).toBe(many('one', 40));
  });

  it('reads a file by each of its names (links), and goes on in each', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a.log'), many('one'));
    linkSync(join(folder, 'a.log'), join(folder, 'b.log'));
    const chunks = await expectToResume(() => sourceOf({ paths: [join(folder, '*')] }));
    expect(chunks).toBeGreaterThan(10);
  });

  it('goes on in the file that it read, and not in the one whose name it found', async () => {
    const folder = newFolder();
    const path = join(folder, 'a.log');
    writeFileSync(path, 'old\n');
    const source = sourceOf({ paths: [path] });
    await source.claim!();
    renameSync(path, join(folder, 'old'));
    writeFileSync(path, 'new\n');
    const { positions, received } = await readFrom(() => source, { from: new Map() });
    expect(textOf(received)).toBe('new\n');
    const next = new Runs({ paths: [join(folder, '*')] });
    next.positions = asKept(positions);
    expect(await next.next()).toBe('old\n');
  });

  it('says what of a renamed file is not read, as no pattern matches it', async () => {
    const folder = newFolder();
    const path = join(folder, 'a.log');
    const next = new Runs({ paths: [path], allow_empty: true });
    writeFileSync(path, 'one\n');
    await next.next();
    appendFileSync(path, 'two\n');
    renameSync(path, `${path}.1`);
    expect(await next.next()).toBe('');
    expect(next.warnings).toMatchObject([{ fields: { file: `${path}.1`, was: path, unreadBytes: 4 } }]);
    unlinkSync(`${path}.1`);
    await next.next();
    expect(next.warnings).toHaveLength(1);
  });

  it('forgets files that no pattern matches any more', async () => {
    const folder = newFolder();
    const next = new Runs({ paths: [join(folder, '*.log')] });
    writeFileSync(join(folder, 'a.log'), 'a\n');
    writeFileSync(join(folder, 'b.log'), 'b\n');
    await next.next();
    renameSync(join(folder, 'a.log'), join(folder, 'a.old'));
    await next.prune();
    expect([...next.positions.values()]).toMatchObject([{ name: join(folder, 'b.log') }]);
    expect(await next.next()).toBe('');
  });

  it('knows how far it is when it went on', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a.log'), many('one'));
    writeFileSync(join(folder, 'b.gz'), gzipSync(many('two')));
    const options = { paths: [join(folder, '*')] };
    const next = new Runs(options);
    await next.next();
    const source = sourceOf(options);
    const outlet = new CountingOutlet();
    const never = new AbortController().signal;
    expect(await receiveAll(source.read(outlet, never, next.positions), outlet)).toEqual([]);
    const size = statSync(join(folder, 'a.log')).size + statSync(join(folder, 'b.gz')).size;
    expect(source.progress!()).toEqual({ read: size, total: size });
  });
});

describe('compressed file that was read before', () => {
  /** Damages it behind its fingerprint, so that whoever decompresses it fails; it looks as before. */
  function damage(path: string): void {
    const { atimeMs, mtimeMs, size } = statSync(path);
    const bytes = readFileSync(path);
    bytes.fill(0xff, size - 40);
    writeFileSync(path, bytes);
    utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
  }

  it.each([false, true])('is not decompressed again (followed: %s)', async (follow) => {
    const path = join(newFolder(), 'a.gz');
    writeFileSync(path, gzipSync(many('one', 5000)));
    // A time that can be set again exactly.
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    const make = () => sourceOf({ paths: [path], follow, poll_interval: 5 });
    const end = 'aborts' as const;
    // Followed files never end: the last chunk says that the file is done.
    const whole = await readFrom(() => sourceOf({ paths: [path] }), { from: new Map() });
    expect(textOf(whole.received)).toBe(many('one', 5000));
    damage(path);
    await expect(readFrom(() => sourceOf({ paths: [path] }), { from: new Map() })).rejects.toMatchObject({
      code: 'bad_compression',
    });
    // The mark of a first look is the one chunk that comes.
    const again = await readFrom(make, { from: asKept(whole.positions), chunks: 1, end });
    expect(textOf(again.received)).toBe('');
  });

  it('gives what was appended to it', async () => {
    const path = join(newFolder(), 'a.gz');
    const next = new Runs({ paths: [path] });
    writeFileSync(path, gzipSync(many('one')));
    expect(await next.next()).toBe(many('one'));
    appendFileSync(path, gzipSync('two\n'));
    expect(await next.next()).toBe('two\n');
    expect(await next.next()).toBe('');
  });

  it('is read from its beginning when it is another, or holds less', async () => {
    const path = join(newFolder(), 'a.gz');
    const next = new Runs({ paths: [path] });
    const first = gzipSync(many('one', 5000));
    writeFileSync(path, Buffer.concat([first, gzipSync('two\n')]));
    await next.next();
    writeFileSync(path, first);
    expect(await next.next()).toBe(many('one', 5000));
    writeFileSync(path, gzipSync('other\n'));
    expect(await next.next()).toBe('other\n');
  });

  it('is read from its beginning when it holds less than was read of it, though it begins as before', async () => {
    const path = join(newFolder(), 'a.gz');
    const next = new Runs({ paths: [path] });
    const first = gzipSync(many('one', 5000));
    writeFileSync(path, Buffer.concat([first, gzipSync(many('two', 5000))]));
    const chunks = Math.ceil(many('one', 5000).length / 200);
    expect((await next.next(chunks)).length).toBeGreaterThan(many('one', 5000).length);
    writeFileSync(path, first);
    expect(await next.next()).toBe(many('one', 5000));
  });

  it('is read from its beginning when it is to be decompressed only now', async () => {
    const path = join(newFolder(), 'a.gz');
    writeFileSync(path, gzipSync(many('one')));
    const asItIs = new Runs({ paths: [path], compression: 'none' });
    await asItIs.next();
    const next = new Runs({ paths: [path] });
    next.positions = asItIs.positions;
    expect(await next.next()).toBe(many('one'));
  });

  it('ends soon after an abort while it leaves out what was read', async () => {
    const path = join(newFolder(), 'a.gz');
    const random = new Random(1);
    const text = Array.from({ length: 200_000 }, () => `${random.uint32()}\n`).join('');
    writeFileSync(path, gzipSync(text));
    const { positions } = await readFrom(() => sourceOf({ paths: [path] }), {
      from: new Map(),
      batchBytes: 65_536,
    });
    appendFileSync(path, gzipSync('two\n'));
    const source = sourceOf({ paths: [path] });
    const outlet = new CountingOutlet();
    const controller = new AbortController();
    const running = receiveAll(source.read(outlet, controller.signal, asKept(positions)), outlet);
    while (source.progress!().read === 0) await new Promise(setImmediate);
    controller.abort();
    expect(await running).toEqual([]);
    expect(source.progress!().read).toBeLessThan(statSync(path).size / 2);
  });
});
