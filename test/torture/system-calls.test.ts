import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeStorage } from '../../src/base/storage.js';
import { LogReader, type LogState, LogWriter } from '../../src/log/index.js';
import { ROOT, temporaryFolder } from '../cli/support.js';
import { runs } from '../support/property.js';
import { scale, seedsOf } from './seeds.js';
import { canTrace, countCalls, runKilledAt } from './strace.js';

type Frame = readonly [offset: number, records: number, text: string];

interface Promised {
  readonly state: LogState;
  readonly from: number;
  readonly frames: readonly Frame[];
}

const WORKLOAD = join(ROOT, 'test/torture/log-workload.mjs');
/** CI kills at every call; elsewhere a day has its sixth of them, and a look before a commit fewer. */
const EVERY = process.env.CI || scale() > 1 ? 1 : Math.round(6 / Math.min(1, runs(100) / 100));

/** What the workload had promised when it was killed. A line that was cut short promises nothing. */
function promisedIn(out: string): Promised | undefined {
  const lines = out.split('\n').slice(0, -1);
  return lines.length > 0 ? (JSON.parse(lines.at(-1)!) as Promised) : undefined;
}

async function read(folder: string, fromOffset: number, end?: LogState): Promise<Frame[]> {
  const range = end ? { fromOffset, end } : { fromOffset };
  const reader = await LogReader.open({ storage: nodeStorage, folder }, range);
  const frames: Frame[] = [];
  for (let frame = await reader.read(); frame; frame = await reader.read())
    frames.push([frame.baseOffset, frame.records, Buffer.from(frame.payload).toString()]);
  await reader.close();
  expect(reader.skipped).toEqual([]);
  return frames;
}

/** Everything that was promised is there, the log goes on behind it, and that lasts too. */
async function check(folder: string, { state, from, frames }: Promised, hasCheckpoints: boolean) {
  const expected = frames.filter(([offset, records]) => offset + records > from);
  const options = { storage: nodeStorage, folder };
  if (hasCheckpoints) expect(await read(folder, from, state)).toEqual(expected);
  const writer = await LogWriter.open(options, hasCheckpoints ? state : undefined);
  const found = await read(folder, from);
  // Without a checkpoint that undoes it, what was under way may be there too.
  expect(hasCheckpoints ? found : found.slice(0, expected.length)).toEqual(expected);
  expect(writer.nextOffset).toBeGreaterThanOrEqual(state.nextOffset);
  const offset = await writer.append(Buffer.from('after'), { records: 1, timestampMs: 0, kind: 1 });
  await writer.sync();
  await writer.close();
  expect(await read(folder, from)).toEqual([...found, [offset, 1, 'after']]);
}

describe.skipIf(!canTrace())('a log whose writer is killed at a system call', () => {
  it.each(
    seedsOf('kills at system calls', scale()).flatMap((seed) => [
      { seed, checkpoints: 'yes' },
      { seed, checkpoints: 'no' },
    ]),
  )(
    'keeps what was promised (seed $seed, with checkpoints: $checkpoints)',
    async ({ seed, checkpoints }) => {
      const root = temporaryFolder();
      const traced = (folder: string) => ({ argv: [WORKLOAD, folder, String(seed), checkpoints], cwd: ROOT });
      const points = [...countCalls(traced(join(root, 'whole')))].flatMap(([call, count]) =>
        call === 'write' ? [] : Array.from({ length: count }, (_, i) => ({ call, at: i + 1 })),
      );
      let killed = 0;
      for (const [i, { call, at }] of points.entries()) {
        if ((i + seed) % EVERY !== 0) continue;
        const folder = join(root, `${call}-${at}`);
        const { out, err, code, signal } = await runKilledAt(traced(folder), call, at);
        const where = `seed ${seed}, ${call} number ${at}`;
        expect(err, where).toBe('');
        if (code !== 0 || signal) killed++;
        const promised = promisedIn(out);
        if (!promised) continue;
        try {
          await check(folder, promised, checkpoints === 'yes');
        } catch (error) {
          throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
        }
      }
      expect(killed).toBeGreaterThan(points.length / EVERY / 2);
    },
    120_000,
  );
});
