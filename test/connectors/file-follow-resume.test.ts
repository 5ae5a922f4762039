import {
  appendFileSync,
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
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Config, Positions, StageContext } from '#component';
import { runs } from '../support/property.js';
import { Follower, stopFollower } from './follower.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-follow-again-'));
afterAll(() => rmSync(root, { recursive: true }));
afterEach(stopFollower);
let folders = 0;

function newPath(name = 'a.log'): string {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return join(folder, name);
}

/** What a run reads until it has read so much, and where the next one goes on. */
async function run(
  options: Config,
  text: string,
  from: Positions = new Map(),
  context: Partial<StageContext> = {},
): Promise<Positions> {
  const follower = new Follower(options, { from, context });
  await follower.has(text);
  await looked(follower);
  await follower.stop();
  expect(follower.text).toBe(text);
  return follower.positions;
}

/** Until it has looked for files once. */
async function looked(follower: Follower): Promise<void> {
  await expect.poll(() => follower.positions.has('started'), { interval: 1 }).toBe(true);
}

describe('file source that follows, and goes on', () => {
  it('reads what came while nothing ran, and the rest of a line', async () => {
    const path = newPath();
    writeFileSync(path, 'one\ntw');
    const from = await run({ paths: [path] }, 'one\n');
    appendFileSync(path, 'o\nthree\n');
    await run({ paths: [path] }, 'two\nthree\n', from);
  });

  it('knows a renamed file again where a pattern matches it', async () => {
    const path = newPath();
    const paths = [`${path}*`];
    writeFileSync(path, 'one\ntwo\n');
    const from = await run({ paths }, 'one\ntwo\n');
    appendFileSync(path, 'three\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'new\n');
    await run({ paths }, 'new\nthree\n', from);
  });

  it('says what of a renamed file is not read where no pattern matches it', async () => {
    const path = newPath();
    const warnings: object[] = [];
    const log = { info: () => {}, warn: (fields: object) => void warnings.push(fields) };
    writeFileSync(path, 'one\n');
    const from = await run({ paths: [path] }, 'one\n', new Map(), { log });
    expect(warnings).toEqual([]);
    appendFileSync(path, 'two\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'new\n');
    await run({ paths: [path] }, 'new\n', from, { log });
    expect(warnings).toEqual([{ file: `${path}.1`, was: path, unreadBytes: 4 }]);
  });

  it('reads a file from its beginning that was emptied or written anew', async () => {
    const path = newPath();
    writeFileSync(path, 'one\ntwo\n');
    let from = await run({ paths: [path] }, 'one\ntwo\n');
    truncateSync(path);
    appendFileSync(path, 'a\n');
    from = await run({ paths: [path] }, 'a\n', from);
    writeFileSync(path, 'another, and longer\n');
    await run({ paths: [path] }, 'another, and longer\n', from);
  });

  it('has forgotten where it was in a file that was emptied while it was read', async () => {
    const path = newPath();
    writeFileSync(path, 'one\n');
    const follower = new Follower({ paths: [path] });
    await follower.has('one\n');
    const before = JSON.stringify([...follower.positions]);
    truncateSync(path);
    await expect.poll(() => JSON.stringify([...follower.positions]), { interval: 2 }).not.toBe(before);
    await follower.stop();
    // It begins as before, and is longer.
    writeFileSync(path, 'one\ntwo\n');
    await run({ paths: [path] }, 'one\ntwo\n', follower.positions);
  });

  it('has forgotten where it was in a file that another run found emptied', async () => {
    const path = newPath();
    writeFileSync(path, 'one\ntwo\n');
    const from = await run({ paths: [path] }, 'one\ntwo\n');
    truncateSync(path);
    const follower = new Follower({ paths: [path] }, { from });
    const isForgotten = () => JSON.stringify([...follower.positions]) !== JSON.stringify([...from]);
    await expect.poll(isForgotten, { interval: 2 }).toBe(true);
    await follower.stop();
    writeFileSync(path, 'one\ntwo\nthree\n');
    await run({ paths: [path] }, 'one\ntwo\nthree\n', follower.positions);
  });

  it('starts at the end only at the very beginning', async () => {
    const path = newPath();
    const options = { paths: [`${path}*`], start: 'end' };
    writeFileSync(path, 'skipped\n');
    const from = await run(options, '');
    appendFileSync(path, 'one\n');
    writeFileSync(`${path}.new`, 'two\n');
    await run(options, 'one\ntwo\n', from);
  });

  it('remembers that it has begun, though there was no file', async () => {
    const path = newPath();
    const options = { paths: [path], start: 'end' };
    const follower = new Follower(options);
    await looked(follower);
    await follower.stop();
    writeFileSync(path, 'one\n');
    const from = await run(options, 'one\n', (await follower.source.prune!(follower.positions)) as Positions);
    unlinkSync(path);
    writeFileSync(path, 'other\n');
    await run(options, 'other\n', from);
  });

  it('goes on behind the header, and reads no compressed file twice', async () => {
    const path = newPath('a.csv');
    const paths = [`${path}*`];
    const context = { framing: 'csv', preambleLines: 1 } as const;
    writeFileSync(path, 'x,y\n1,2\n');
    writeFileSync(`${path}.gz`, gzipSync('x,y\n3,4\n'));
    const from = await run({ paths }, '3,4\n1,2\n', new Map(), context);
    appendFileSync(path, '5,6\n');
    const follower = new Follower({ paths }, { from, context });
    await follower.staysAt('5,6\n');
    expect(follower.received).toMatchObject([{ preamble: 'x,y', offset: 8 }]);
  });

  it('keeps the position of a file as long as it is read, and no longer', async () => {
    const path = newPath();
    writeFileSync(path, 'one\n');
    const follower = new Follower({ paths: [path], rotate_wait: 200 });
    await follower.has('one\n');
    await looked(follower);
    renameSync(path, `${path}.1`);
    const prune = async () => [...(await follower.source.prune!(follower.positions)).values()];
    expect(await prune()).toHaveLength(2);
    await expect.poll(prune, { interval: 5 }).toEqual([true]);
  });

  it('reads every line once, however often it is stopped and the file rotated', async () => {
    const step = fc.oneof(
      fc.record({ lines: fc.integer({ min: 1, max: 30 }), isCut: fc.boolean() }),
      fc.constantFrom('rotate' as const, 'run' as const, 'run' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        const path = newPath();
        const paths = [`${path}*`];
        let from: Positions = new Map();
        let written = 0;
        let rotated = 0;
        let isCut = false;
        const read: string[] = [];
        const readAll = async () => {
          const follower = new Follower({ paths, poll_interval: 1 }, { from });
          const count = () => (read.join('') + follower.text).split('\n').length - 1;
          await expect.poll(count, { interval: 1 }).toBe(isCut ? written - 1 : written);
          await follower.stop();
          read.push(follower.text);
          from = follower.positions;
        };
        const endLine = () => {
          if (isCut) appendFileSync(path, '\n');
          isCut = false;
        };
        for (const one of steps) {
          if (one === 'run') await readAll();
          else if (one === 'rotate') {
            if (written === 0) continue;
            endLine();
            renameSync(path, `${path}.${rotated++}`);
            appendFileSync(path, `${written++}\n`);
          } else {
            endLine();
            const lines = Array.from({ length: one.lines }, () => `${written++}`).join('\n');
            appendFileSync(path, one.isCut ? lines : `${lines}\n`);
            isCut = one.isCut;
          }
        }
        endLine();
        await readAll();
        const numbers = read.join('').split('\n').slice(0, -1).map(Number);
        expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: written }, (_, i) => i));
      }),
      { numRuns: runs(40) },
    );
  });
});
