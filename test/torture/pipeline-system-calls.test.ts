import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAIN, run as runCli, temporaryFolder, write } from '../cli/support.js';
import { deadLettersIn } from '../support/letters-in.js';
import { runs } from '../support/property.js';
import { scale, seedOf, type Uniform, uniform } from './seeds.js';
import { canTrace, countCalls, runKilledAt } from './strace.js';

/** So many of the calls are places where the process is killed; in a release all are. */
const KILLS = runs(24) * scale();

const PIPELINE = `
name: traced
sources: { in: { type: file, paths: [in.log], format: json } }
transforms: { errors: { type: filter, inputs: [in], where: level == "error", queue: { type: disk, partitions: 2, key: id } } }
sinks:
  plain: { type: file, inputs: [errors], path: out/errors.ndjson, queue: disk }
  packed: { type: file, inputs: [in], path: out/all.ndjson.gz }
  parts: { type: file, inputs: [in], path: "out/{level}.csv", rotate: { max_bytes: 20KB }, format: { type: csv, columns: [id, level] } }
runtime: { checkpoint: 20ms, batch: { max_bytes: 16KiB } }
`;

function input(random: Uniform): string {
  return Array.from({ length: 3000 }, (_, i) =>
    random(100) === 0 ? `bad ${i}` : `{"id":${i},"level":"${random(3) === 0 ? 'error' : 'info'}"}`,
  ).join('\n');
}

/** A folder of its own in which the pipeline is about to run. */
function prepared(root: string, name: string, log: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  write(folder, 'p.yaml', PIPELINE);
  write(folder, 'in.log', log);
  return folder;
}

/** What is in the outputs; of two partitions nobody promises an order, so that lines are sorted there. */
async function outcomeIn(folder: string) {
  const files = readdirSync(join(folder, 'out')).sort();
  const bytesOf = (file: string) => readFileSync(join(folder, 'out', file)).toString('latin1');
  const letters = await deadLettersIn(join(folder, '.millrace/traced'));
  return {
    files: files.map((file) => [
      file,
      file === 'errors.ndjson' ? bytesOf(file).split('\n').sort().join('\n') : bytesOf(file),
    ]),
    letters: letters.map(({ record, offset }) => `${offset} ${record}`).sort(),
  };
}

describe.skipIf(!canTrace())('a pipeline that is killed at a system call', () => {
  it(
    'writes every record once all the same',
    async () => {
      const seed = seedOf('pipelines killed at system calls');
      const random = uniform(seed);
      const root = temporaryFolder();
      const log = input(random);
      const run = [MAIN, 'run', 'p.yaml', '--quiet'];

      const undisturbed = prepared(root, 'undisturbed', log);
      const calls = countCalls({ argv: run, cwd: undisturbed });
      const expected = await outcomeIn(undisturbed);
      const points = [...calls].flatMap(([call, count]) =>
        call === 'write' ? [] : Array.from({ length: count }, (_, i) => ({ call, at: i + 1 })),
      );
      expect(points.length).toBeGreaterThan(50);

      let killed = 0;
      for (let kill = 0; kill < Math.min(KILLS, points.length); kill++) {
        const { call, at } = points.splice(random(points.length), 1)[0]!;
        const where = `seed ${seed}, ${call} number ${at}`;
        const folder = prepared(root, `${call}-${at}`, log);
        const { code } = await runKilledAt({ argv: run, cwd: folder }, call, at);
        if (code !== 0) killed++;
        const again = await runCli(['run', 'p.yaml', '--quiet'], { cwd: folder });
        expect(again, where).toMatchObject({ code: 0 });
        expect(await outcomeIn(folder), where).toEqual(expected);
      }
      expect(killed).toBeGreaterThan(KILLS / 2);
    },
    120_000 * scale(),
  );
});
