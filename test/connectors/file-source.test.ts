import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config, StageContext } from '#component';
import { findFiles } from '../../connectors/file/find.js';
import { fileSource } from '../../connectors/file/index.js';
import { configOf, stageContext } from '../conformance/contexts.js';
import { CountingOutlet, type Received, receiveAll, textOf } from '../conformance/outlet.js';
import { testResume, testSource } from '../conformance/source-suite.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-file-'));
afterAll(() => rmSync(root, { recursive: true }));
const never = new AbortController().signal;
let folders = 0;

function newFolder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function sourceOf(options: Config, context: Partial<StageContext> = {}) {
  return fileSource.create(configOf(fileSource, options), stageContext(context));
}

async function read(options: Config, context: Partial<StageContext> = {}): Promise<Received[]> {
  const outlet = new CountingOutlet(64);
  const received = await receiveAll(sourceOf(options, context).read(outlet, never, new Map()), outlet);
  expect(outlet.lent.size).toBe(0);
  return received;
}

const LINES = Array.from({ length: 100 }, (_, i) => `line ${i} ${'x'.repeat(i % 30)}\n`).join('');

const folder = newFolder({
  'plain.log': LINES,
  'a.log': LINES,
  'b.log': `${LINES}last`,
  'zipped.gz': zlib.gzipSync(LINES),
});
const expected = Buffer.from(LINES);
/** Every third is over a limit of 300 bytes, some by more than a buffer. */
const LONG_LINES = Array.from(
  { length: 16 },
  (_, i) => `${i},${'"x\n"'.repeat(i % 3 === 0 ? 100 + 40 * i : i)}\n`,
)
  .join('')
  .concat('last');

testSource('file', { make: () => sourceOf({ paths: [join(folder, 'plain.log')] }), expected, resumes: true });
testSource('file, gzip', {
  make: () => sourceOf({ paths: [join(folder, 'zipped.gz')] }),
  expected,
  resumes: true,
});
testSource('file, several', {
  make: () => sourceOf({ paths: [join(folder, '[ab].log')] }),
  expected: Buffer.from(`${LINES}${LINES}last`),
  resumes: true,
});

const withLongLines = newFolder({ 'long.log': LONG_LINES, 'long.csv': `id,text\n${LONG_LINES}` });
for (const policy of ['truncate', 'dead_letter', 'drop']) {
  const limits = { max_line_bytes: 300, long_lines: policy };
  const long = (name: string) => ({ paths: [join(withLongLines, name)], ...limits });
  const csv = { framing: 'csv', preambleLines: 1 } as const;
  testResume(`file, long lines: ${policy}`, () => sourceOf(long('long.log')));
  testResume(`file, csv, long lines: ${policy}`, () => sourceOf(long('long.csv'), csv));
}

describe('file source', () => {
  it('reads files in the order of their names, each as its own partition', async () => {
    const folder = newFolder({ 'b.log': 'b\n', 'a.log': 'a', 'c.txt': 'c\n', 'x.log': 'x\n' });
    const received = await read({ paths: [join(folder, '*.log')], exclude: [join(folder, 'x*')] });
    expect(received.map((chunk) => [chunk.partition, chunk.offset, chunk.bytes.toString()])).toEqual([
      [join(folder, 'a.log'), 0, 'a'],
      [join(folder, 'b.log'), 0, 'b\n'],
    ]);
  });

  it('excludes by ending wherever the files lie', async () => {
    const folder = newFolder({ 'a.log': 'a\n', 'a.log.gz': zlib.gzipSync('b\n') });
    expect(textOf(await read({ paths: [join(folder, '*')], exclude: ['**/*.gz'] }))).toBe('a\n');
  });

  it.each(['here', 'beside', '/'])('excludes by ending from the working directory %s', async (place) => {
    const folder = newFolder({ 'a.log': 'a\n', 'a.log.gz': zlib.gzipSync('b\n') });
    const workingDirectory = { here: folder, beside: newFolder() }[place] ?? place;
    const { files } = await findFiles({ paths: [join(folder, '*')], exclude: ['**/*.gz'], workingDirectory });
    expect(files.map(({ path }) => path)).toEqual([join(folder, 'a.log')]);
  });

  it('reads a file once that two globs match, and one whose name looks like a glob', async () => {
    const folder = newFolder({ '[1].log': 'one\n' });
    const paths = [join(folder, '*.log'), join(folder, '[1].log')];
    expect(textOf(await read({ paths }))).toBe('one\n');
  });

  it('says which glob matches nothing, unless that is fine', async () => {
    const folder = newFolder();
    const paths = [join(folder, '*.log')];
    await expect(read({ paths })).rejects.toMatchObject({
      code: 'file_not_found',
      message: expect.stringContaining('*.log'),
    });
    expect(await read({ paths, allow_empty: true })).toEqual([]);
  });

  it('says what to write instead of a folder', async () => {
    const folder = newFolder();
    await expect(read({ paths: [folder] })).rejects.toThrow(`write ${folder}/*`);
  });

  it.skipIf(process.getuid?.() === 0)('says that a file may not be read (not as root)', async () => {
    const folder = newFolder({ 'a.log': 'a\n' });
    chmodSync(join(folder, 'a.log'), 0);
    await expect(read({ paths: [join(folder, 'a.log')] })).rejects.toMatchObject({
      code: 'permission_denied',
    });
  });

  it('reads a pipe that has a name', async () => {
    const folder = newFolder();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const received = read({ paths: [join(folder, 'pipe')] });
    const writer = import('node:fs/promises').then((fs) => fs.writeFile(join(folder, 'pipe'), LINES));
    expect(textOf(await received)).toBe(LINES);
    await writer;
  });

  it('takes the header of each csv file, and keeps newlines in quotes', async () => {
    const folder = newFolder({ 'a.csv': 'x,y\n1,"a\nb"\n2,c\n', 'b.csv': 'y,x\nd,3\n', 'empty.csv': '' });
    const received = await read({ paths: [join(folder, '*.csv')] }, { framing: 'csv', preambleLines: 1 });
    expect(received.map((chunk) => [chunk.preamble, chunk.offset, chunk.bytes.toString()])).toEqual([
      ['x,y', 4, '1,"a\nb"\n2,c\n'],
      ['y,x', 4, 'd,3\n'],
    ]);
  });

  it('knows how far it is', async () => {
    const folder = newFolder({ 'a.log': LINES, 'b.gz': zlib.gzipSync(LINES) });
    const source = sourceOf({ paths: [join(folder, '*')] });
    const outlet = new CountingOutlet(64);
    await receiveAll(source.read(outlet, never, new Map()), outlet);
    const size = LINES.length + zlib.gzipSync(LINES).length;
    expect(source.progress!()).toEqual({ read: size, total: size });
  });

  describe('compression', () => {
    it('knows gzip by its first bytes, and reads all members', async () => {
      const folder = newFolder({ 'a.log': Buffer.concat([zlib.gzipSync('one\ntw'), zlib.gzipSync('o\n')]) });
      expect(textOf(await read({ paths: [join(folder, 'a.log')] }))).toBe('one\ntwo\n');
    });

    it('reads an empty file, and what only looks compressed when told so', async () => {
      const folder = newFolder({ 'empty.gz': '', 'plain.gz': 'plain\n' });
      expect(await read({ paths: [join(folder, 'empty.gz')] })).toEqual([]);
      expect(textOf(await read({ paths: [join(folder, 'plain.gz')], compression: 'none' }))).toBe('plain\n');
    });

    it('reads a gzip file that is cut off as far as it goes, then says so', async () => {
      const text = Array.from({ length: 20_000 }, (_, i) => `line ${i * 7919}\n`).join('');
      const zipped = zlib.gzipSync(text);
      const folder = newFolder({ 'a.gz': zipped.subarray(0, zipped.length - 2000) });
      const outlet = new CountingOutlet(64 * 1024);
      const received: string[] = [];
      const run = async () => {
        for await (const chunk of sourceOf({ paths: [join(folder, 'a.gz')] }).read(
          outlet,
          never,
          new Map(),
        )) {
          received.push(Buffer.from(chunk.bytes).toString());
          outlet.giveBack(chunk.bytes.buffer);
        }
      };
      await expect(run()).rejects.toMatchObject({
        code: 'bad_compression',
        message: expect.stringContaining('cut off'),
      });
      const whole = received.join('');
      expect(text.startsWith(whole)).toBe(true);
      expect(whole.at(-1)).toBe('\n');
      expect(whole.length).toBeGreaterThan(text.length * 0.9);
      expect(outlet.lent.size).toBe(0);
    });

    it('says that a file is damaged', async () => {
      const folder = newFolder({ 'a.gz': Buffer.from('1f8b0800ffffffffffffffffffff', 'hex') });
      await expect(read({ paths: [join(folder, 'a.gz')] })).rejects.toMatchObject({
        code: 'bad_compression',
      });
    });

    it('reads a gzip file that is filled up with zeros, and says so when anything else follows them', async () => {
      for (const zeros of [1, 512, 200_000]) {
        const bytes = Buffer.concat([zlib.gzipSync('one\n'), zlib.gzipSync('two\n'), Buffer.alloc(zeros)]);
        const folder = newFolder({ 'a.gz': bytes, 'b.gz': Buffer.concat([bytes, zlib.gzipSync('lost\n')]) });
        expect(textOf(await read({ paths: [join(folder, 'a.gz')] }))).toBe('one\ntwo\n');
        await expect(read({ paths: [join(folder, 'b.gz')] })).rejects.toThrow(
          'there is something after the end of the compressed data',
        );
      }
    });

    const zstd = (zlib as unknown as { zstdCompressSync?: (bytes: string) => Buffer }).zstdCompressSync;
    it.skipIf(!zstd)('reads zstd (where Node can)', async () => {
      const folder = newFolder({ 'a.zst': zstd!(LINES), 'b.log': zstd!(LINES) });
      expect(textOf(await read({ paths: [join(folder, '*')] }))).toBe(LINES + LINES);
    });

    it.skipIf(zstd)('says which Node reads zstd (where this one cannot)', async () => {
      const folder = newFolder({ 'a.zst': Buffer.from('28b52ffd', 'hex') });
      await expect(read({ paths: [join(folder, '*')] })).rejects.toMatchObject({
        code: 'unsupported_compression',
        message: expect.stringContaining('Node 22.15'),
      });
    });
  });
});
