import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { lines, MAIN, start, temporaryFolder, write } from '../cli/support.js';
import { scale, seedOf, uniform } from './seeds.js';

const KILLS = 4 * scale();
const RECORDS = 3000;

const pipeline = (set: string, queue: string) => `
name: torture
sources: { in: { type: file, paths: [in.log], format: json } }
transforms: { number: { type: map, inputs: [in], set: { n: '${set}' }${queue} } }
sinks: { out: { type: file, inputs: [number], path: out.ndjson } }
runtime: { checkpoint: 10ms, workers: 1 }
`;

/** True when it came to its end before it was killed. */
async function replayFor(
  folder: string,
  killAfterMs: number,
  argv: readonly string[] = ['dlq', 'replay', 'p.yaml'],
  name = 'torture',
): Promise<boolean> {
  const child = spawn(process.execPath, [MAIN, ...argv], { cwd: folder, stdio: 'ignore' });
  const ended = new Promise<boolean>((resolve) => child.on('close', (code) => resolve(code !== null)));
  const hasBegun = () => existsSync(join(folder, '.millrace', name, 'lock'));
  while (!hasBegun() && child.exitCode === null) await Promise.race([sleep(1), ended]);
  await Promise.race([sleep(killAfterMs), ended]);
  child.kill('SIGKILL');
  return await ended;
}

it.each(['', ', queue: disk'])(
  'a replay that is killed again and again brings each dead letter into the output once%s',
  async (queue) => {
    const seed = seedOf(`replay${queue}`);
    const random = uniform(seed);
    const folder = temporaryFolder();
    write(folder, 'in.log', Array.from({ length: RECORDS }, (_, i) => `{"id":${i},"x":"none"}\n`).join(''));
    write(folder, 'p.yaml', pipeline('int(x)', queue));
    expect((await start(['run', 'p.yaml', '--quiet'], { cwd: folder }).ended).code).toBe(0);
    write(folder, 'p.yaml', pipeline('id * 2', queue));
    let kills = 0;
    while (kills < KILLS && !(await replayFor(folder, kills === 0 ? 0 : random(150)))) kills++;
    const { code, err } = await start(['dlq', 'replay', 'p.yaml'], { cwd: folder }).ended;
    expect({ code, err }, `seed ${seed}`).toEqual({ code: 0, err: '' });
    const numbers = lines(readFileSync(join(folder, 'out.ndjson'), 'utf8')).map(
      (line) => (JSON.parse(line) as { n: number }).n / 2,
    );
    const wanted = Array.from({ length: RECORDS }, (_, i) => i);
    expect(
      numbers.sort((a, b) => a - b),
      `seed ${seed}, ${kills} kills`,
    ).toEqual(wanted);
    const left = await start(['dlq', 'list', 'p.yaml'], { cwd: folder }).ended;
    expect(left.out).toBe('no dead letters\n');
    expect(kills, `seed ${seed}`).toBeGreaterThan(0);
  },
  60_000 * scale(),
);

it(
  'a replay of a queue through another pipeline, killed again and again, brings each record into its output once',
  async () => {
    const seed = seedOf('replay of a queue');
    const random = uniform(seed);
    const folder = temporaryFolder();
    const count = 30_000;
    write(folder, 'in.log', Array.from({ length: count }, (_, i) => `{"id":${i}}\n`).join(''));
    const queue = ', queue: { type: disk, partitions: 3, key: id, retain: { age: 1d } }';
    const small = (yaml: string) => yaml.replace('workers: 1', 'workers: 1, batch: { max_bytes: 4KiB }');
    write(folder, 'p.yaml', small(pipeline('id', queue)));
    const other = pipeline('id', '')
      .replace('name: torture', 'name: next')
      .replace('out.ndjson', 'next.ndjson');
    write(folder, 'next.yaml', small(other));
    expect((await start(['run', 'p.yaml', '--quiet'], { cwd: folder }).ended).code).toBe(0);
    const replay = ['replay', 'p.yaml', 'number', '--config', 'next.yaml'];
    let kills = 0;
    while (kills < KILLS && !(await replayFor(folder, kills === 0 ? 0 : random(300), replay, 'next')))
      kills++;
    expect((await start(replay, { cwd: folder }).ended).code, `seed ${seed}`).toBe(0);
    const numbers = lines(readFileSync(join(folder, 'next.ndjson'), 'utf8')).map(
      (line) => (JSON.parse(line) as { n: number }).n,
    );
    const wanted = Array.from({ length: count }, (_, i) => i);
    expect(
      numbers.sort((a, b) => a - b),
      `seed ${seed}, ${kills} kills`,
    ).toEqual(wanted);
    expect(kills, `seed ${seed}`).toBeGreaterThan(0);
  },
  60_000 * scale(),
);
