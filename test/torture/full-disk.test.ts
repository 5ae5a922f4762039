import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { start, temporaryFolder, until, write } from '../cli/support.js';
import { deadLettersIn } from '../support/letters-in.js';
import { runs } from '../support/property.js';
import { scale, seedsOf, uniform } from './seeds.js';

const DISK_BYTES = 8 * 2 ** 20;
const RECORDS = 40_000;

const PIPELINE = `
name: squeezed
sources: { in: { type: file, paths: [in.log], format: json } }
sinks:
  plain: { type: file, inputs: [in], path: disk/all.ndjson, queue: { type: disk, max_bytes: 1MiB } }
  packed: { type: file, inputs: [in], path: disk/all.ndjson.gz }
runtime: { state: disk/state, checkpoint: 50ms, batch: { max_bytes: 64KiB } }
`;

/** A disk of its own, in memory, or nothing where this user may not mount one. In CI he must. */
function mountDisk(path: string): boolean {
  mkdirSync(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', path]);
  if (status === 0) onTestFinished(() => void spawnSync('umount', ['-l', path]));
  return status === 0;
}

function canMount(): boolean {
  const { status } = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  if (status !== 0 && process.env.CI) throw new Error('a tmpfs cannot be mounted, and CI must be able to');
  return status === 0;
}

/** Takes all of the disk but so many bytes. */
function fillDisk(disk: string, leave: number): string {
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(DISK_BYTES - leave));
  return ballast;
}

const LINES = Array.from({ length: RECORDS }, (_, id) =>
  id % 1000 === 7 ? `no JSON ${id}` : JSON.stringify({ id, text: 'x'.repeat(id % 120) }),
);

describe.skipIf(!canMount())('a disk that is full', () => {
  it.each(seedsOf('full disks', runs(5) * scale()))(
    'holds up the pipeline, which goes on by itself when there is room again (seed %i)',
    async (seed) => {
      const random = uniform(seed);
      const folder = temporaryFolder();
      const disk = join(folder, 'disk');
      expect(mountDisk(disk)).toBe(true);
      write(folder, 'p.yaml', PIPELINE);
      write(folder, 'in.log', `${LINES.join('\n')}\n`);

      const leave = 64 * 1024 + random(1.5 * 2 ** 20);
      const ballast = fillDisk(disk, leave);
      const run = start(['run', 'p.yaml'], { cwd: folder, input: '' });
      const isOver = () => run.child.exitCode !== null;
      await until(() => /full|no room/.test(run.err()) || isOver(), 'the disk is full');
      expect(isOver(), `seed ${seed}: ${run.err()}`).toBe(false);

      rmSync(ballast);
      const { code, err } = await run.ended;
      expect(code, `seed ${seed}: ${err}`).toBe(0);
      const written = LINES.filter((line) => line.startsWith('{'));
      const textOf = (file: string) => readFileSync(join(disk, file));
      expect(textOf('all.ndjson').toString() === `${written.join('\n')}\n`, `seed ${seed}`).toBe(true);
      expect(gunzipSync(textOf('all.ndjson.gz')).equals(textOf('all.ndjson')), `seed ${seed}`).toBe(true);
      const letters = await deadLettersIn(join(disk, 'state/squeezed'));
      expect(letters.map(({ record }) => record).sort(), `seed ${seed}`).toEqual(
        LINES.filter((line) => !line.startsWith('{')).sort(),
      );
    },
    60_000,
  );
});
