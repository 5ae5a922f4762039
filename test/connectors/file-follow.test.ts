import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Claims } from '#component';
import { Follower, stopFollower } from './follower.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-follow-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
afterEach(stopFollower);

function newFolder(): string {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return folder;
}

describe('file source that follows', () => {
  it('waits for a file, for more, and for the end of a line', async () => {
    const path = join(newFolder(), 'a.log');
    const follower = new Follower({ paths: [path] });
    writeFileSync(path, 'one\n');
    await follower.has('one\n');
    appendFileSync(path, 'tw');
    await follower.staysAt('one\n');
    appendFileSync(path, 'o\nthree\n');
    await follower.has('one\ntwo\nthree\n');
    expect(follower.received.map((chunk) => chunk.offset)).toEqual([0, 4]);
    await follower.stop();
  });

  it('waits for lines that belong together, and goes on before them', async () => {
    const path = join(newFolder(), 'a.log');
    const framing = {
      kind: 'multiline',
      of: { type: 'java' },
      maxLines: 9,
      maxBytes: 1000,
      flushAfterMs: 1e6,
    } as const;
    const follower = new Follower({ paths: [path] }, { context: { framing } });
    writeFileSync(path, 'x\na.Error: b\n');
    await follower.staysAt('x\n');
    appendFileSync(path, '\tat c\n');
    await follower.staysAt('x\n');
    await follower.stop();
    const { positions } = follower;
    const quick = { framing: { ...framing, flushAfterMs: 40 } };
    const next = new Follower({ paths: [path] }, { context: quick, from: positions });
    await next.staysAt('a.Error: b\n\tat c\n');
    appendFileSync(path, '\tat d\ny\n');
    await next.has('a.Error: b\n\tat c\n\tat d\ny\n');
    expect(next.received[0]!.offset).toBe(2);
    await next.stop();
  });

  it('lends nothing while nothing comes, however many files there are', async () => {
    const folder = newFolder();
    for (let i = 0; i < 20; i++) writeFileSync(join(folder, `${10 + i}.log`), `${i}\npart`);
    const follower = new Follower({ paths: [join(folder, '*.log')] }, { maxBuffers: 1 });
    await follower.staysAt(Array.from({ length: 20 }, (_, i) => `${i}\n`).join(''));
    expect(follower.outlet.lent.size).toBe(0);
    appendFileSync(join(folder, '15.log'), 'ly\n');
    await expect.poll(() => follower.text.endsWith('partly\n')).toBe(true);
  });

  it('finds new files', async () => {
    const folder = newFolder();
    const follower = new Follower({ paths: [join(folder, '*.log')] });
    writeFileSync(join(folder, 'a.log'), 'a\n');
    await follower.has('a\n');
    writeFileSync(join(folder, 'b.log'), 'b\n');
    await follower.has('a\nb\n');
  });

  it('reads a renamed file to its end, then the new one from its beginning', async () => {
    const folder = newFolder();
    const path = join(folder, 'a.log');
    writeFileSync(path, 'one\n');
    const follower = new Follower({ paths: [path] });
    await follower.has('one\n');
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, 'two\nend');
    await follower.has('one\ntwo\nend');
    writeFileSync(path, 'three\n');
    await follower.staysAt('one\ntwo\nendthree\n');
    expect(follower.received.at(-1)).toMatchObject({ partition: path, offset: 0 });
  });

  it('reads nothing twice when the new name is matched as well', async () => {
    const folder = newFolder();
    const path = join(folder, 'a.log');
    writeFileSync(path, 'one\n');
    const follower = new Follower({ paths: [`${path}*`] });
    await follower.has('one\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'two\n');
    await follower.staysAt('one\ntwo\n');
    appendFileSync(`${path}.1`, 'late\n');
    await follower.staysAt('one\ntwo\nlate\n');
  });

  it('starts again when a file is emptied, also after it was copied', async () => {
    const folder = newFolder();
    const path = join(folder, 'a.log');
    writeFileSync(path, 'one\ntwo\npart');
    const follower = new Follower({ paths: [path] });
    await follower.has('one\ntwo\n');
    copyFileSync(path, join(folder, 'a.log.copy'));
    truncateSync(path);
    await follower.has('one\ntwo\npart');
    appendFileSync(path, 'three\n');
    await follower.staysAt('one\ntwo\npartthree\n');
  });

  it('notices a file that was written anew and is longer than before', async () => {
    const path = join(newFolder(), 'a.log');
    writeFileSync(path, 'one\n');
    const follower = new Follower({ paths: [path] });
    await follower.has('one\n');
    writeFileSync(path, 'a line that is longer\n');
    await follower.staysAt('one\na line that is longer\n');
  });

  it('reads a file that was deleted and made again, whatever its inode', async () => {
    const path = join(newFolder(), 'a.log');
    writeFileSync(path, 'one\npart');
    const follower = new Follower({ paths: [path], rotate_wait: 0 });
    await follower.has('one\n');
    unlinkSync(path);
    await follower.has('one\npart');
    for (let i = 0; i < 5; i++) {
      writeFileSync(path, `again ${i}\n`);
      await expect.poll(() => follower.text, { interval: 2 }).toMatch(new RegExp(`again ${i}\\n$`));
      unlinkSync(path);
    }
    await follower.staysAt(`one\npart${[0, 1, 2, 3, 4].map((i) => `again ${i}\n`).join('')}`);
  });

  it('passes on every line of a file that is rotated again and again', async () => {
    const folder = newFolder();
    const path = join(folder, 'a.log');
    const follower = new Follower({ paths: [path], rotate_wait: 200 });
    const expected: string[] = [];
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 50; i++) {
        const line = `${round}/${i} ${'x'.repeat(i % 7)}`;
        appendFileSync(path, `${line}\n`);
        expected.push(line);
      }
      // A file that comes and goes between two looks cannot be seen: wait until this one was.
      await expect.poll(() => follower.text.includes(`${round}/`), { interval: 1 }).toBe(true);
      renameSync(path, `${path}.${round}`);
    }
    const lines = (): string[] => follower.text.split('\n').slice(0, -1).sort();
    await expect.poll(lines, { timeout: 5000 }).toEqual(expected.sort());
  });

  it('starts at the last line when told to start at the end, but reads the header', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a.csv'), 'x,y\n1,2\n3,');
    const follower = new Follower(
      { paths: [join(folder, '*.csv')], start: 'end' },
      { context: { framing: 'csv', preambleLines: 1 } },
    );
    await follower.staysAt('');
    appendFileSync(join(folder, 'a.csv'), '4\n');
    await follower.has('3,4\n');
    expect(follower.received[0]).toMatchObject({ preamble: 'x,y', offset: 8 });
    writeFileSync(join(folder, 'b.csv'), 'z\n5\n');
    await follower.has('3,4\n5\n');
    expect(follower.received[1]).toMatchObject({ preamble: 'z', offset: 2 });
  });

  it('reads a compressed file once, and goes on', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a.gz'), gzipSync('zipped\nlast'));
    writeFileSync(join(folder, 'b.log'), 'plain\n');
    const follower = new Follower({ paths: [join(folder, '*')] });
    await follower.staysAt('zipped\nlastplain\n');
    appendFileSync(join(folder, 'b.log'), 'more\n');
    await follower.has('zipped\nlastplain\nmore\n');
  });

  it('goes on behind the header of a file that was closed and gets more', async () => {
    const folder = newFolder();
    const path = join(folder, 'a.csv');
    writeFileSync(path, 'x,y\n1,2\n');
    const context = { framing: 'csv', preambleLines: 1 } as const;
    const follower = new Follower({ paths: [`${path}*`] }, { context });
    await follower.has('1,2\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'x,y\n3,4\n');
    await follower.staysAt('1,2\n3,4\n');
    appendFileSync(`${path}.1`, '5,6\n');
    await follower.has('1,2\n3,4\n5,6\n');
    expect(follower.received.at(-1)).toMatchObject({ preamble: 'x,y', offset: 8 });
  });

  it('starts at the end without cutting a first line, or a header, that is not whole yet', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a.log'), 'pa');
    const lines = new Follower({ paths: [join(folder, 'a.log')], start: 'end' });
    await lines.staysAt('');
    appendFileSync(join(folder, 'a.log'), 'rt\n');
    await lines.has('part\n');
    await lines.stop();
    writeFileSync(join(folder, 'a.csv'), 'x,');
    const context = { framing: 'csv', preambleLines: 1 } as const;
    const records = new Follower({ paths: [join(folder, 'a.csv')], start: 'end' }, { context });
    await records.staysAt('');
    appendFileSync(join(folder, 'a.csv'), 'y\n1,2\n');
    await records.has('1,2\n');
    expect(records.received[0]).toMatchObject({ preamble: 'x,y', offset: 4 });
    await records.stop();
    writeFileSync(join(folder, 'b.csv'), 'x,y\n');
    const two = new Follower(
      { paths: [join(folder, 'b.csv')], start: 'end' },
      { context: { ...context, preambleLines: 2 } },
    );
    await two.staysAt('');
    appendFileSync(join(folder, 'b.csv'), 'm,s\n1,2\n');
    await two.has('1,2\n');
    expect(two.received[0]).toMatchObject({ preamble: 'x,y\nm,s', offset: 8 });
  });

  it('reads a file once that takes the name of another, or goes, just when that is opened', async () => {
    const path = join(newFolder(), 'a.log');
    const swaps = [
      () => {
        renameSync(path, `${path}.1`);
        writeFileSync(path, 'new\n');
      },
      () => unlinkSync(path),
    ];
    for (const swap of swaps) {
      writeFileSync(path, 'old\n');
      const claims = new Claims();
      const read = claims.read.bind(claims);
      let isFirst = true;
      // Files are claimed when they have been found and before they are opened.
      claims.read = (...claim) => {
        if (isFirst) swap();
        isFirst = false;
        read(...claim);
      };
      const follower = new Follower({ paths: [path] }, { context: { claims } });
      if (swap === swaps[0]) await follower.staysAt('new\n');
      else {
        await expect.poll(() => isFirst, { interval: 1 }).toBe(false);
        writeFileSync(path, 'again\n');
        await follower.staysAt('again\n');
      }
      await follower.stop();
    }
  });
});
