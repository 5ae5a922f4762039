import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { bootId } from '../../src/base/boot-id.js';
import { StateLock } from '../../src/runtime/state-lock.js';
import { temporaryFolder } from '../cli/support.js';

const lockOf = (holder: object): string =>
  JSON.stringify({ pid: 1, host: hostname(), since: '2026-01-01T00:00:00.000Z', ...holder });

it('is held by one at a time, and names who has it', async () => {
  const folder = temporaryFolder();
  const lock = await StateLock.take(folder);
  await expect(StateLock.take(folder)).rejects.toMatchObject({
    code: 'state_locked',
    message: expect.stringContaining(`in use by process ${process.pid} since`),
  });
  await lock.release();
  await (await StateLock.take(folder)).release();
  expect(readdirSync(folder)).toEqual([]);
});

it('is given to exactly one of many who want it at once', async () => {
  const folder = temporaryFolder();
  const taken = await Promise.allSettled(Array.from({ length: 20 }, () => StateLock.take(folder)));
  const locks = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(locks).toHaveLength(1);
  await locks[0]!.release();
});

it('does not outlive a process that was killed', async () => {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")']);
  await once(child.stdout, 'data');
  const processStart = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19];
  writeFileSync(join(folder, 'lock'), lockOf({ pid: child.pid, boot: await bootId(), processStart }));
  await expect(StateLock.take(folder)).rejects.toMatchObject({ code: 'state_locked' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await StateLock.take(folder)).release();
});

it('does not outlive a process that was killed and of which its parent takes no note', async () => {
  const folder = temporaryFolder();
  const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000']);
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [text] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(text);
  const fields = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const holder = lockOf({ pid, boot: await bootId(), processStart: fields()[19] });
  writeFileSync(join(folder, 'lock'), holder);
  await expect(StateLock.take(folder)).rejects.toMatchObject({ code: 'state_locked' });
  process.kill(pid, 'SIGKILL');
  await vi.waitUntil(() => fields()[0] === 'Z');
  await (await StateLock.take(folder)).release();
});

it('does not take another process with the same pid for the holder', async () => {
  const folder = temporaryFolder();
  const holder = { pid: process.pid, boot: await bootId(), processStart: '1' };
  writeFileSync(join(folder, 'lock'), lockOf(holder));
  await (await StateLock.take(folder)).release();
});

it.each([
  ['another boot', lockOf({ pid: process.pid, boot: 'other' })],
  ['half a file', '{"pid":'],
  ['an empty file', ''],
])('does not stop at what %s has left', async (_, text) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'lock'), text);
  const lock = await StateLock.take(folder);
  expect(existsSync(join(folder, 'lock'))).toBe(true);
  await lock.release();
});

it('believes another machine for as long as it shows that it is alive', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'lock'), lockOf({ host: 'elsewhere' }));
  await expect(StateLock.take(folder)).rejects.toMatchObject({
    message: expect.stringContaining('in use by process 1 on elsewhere'),
  });
});
