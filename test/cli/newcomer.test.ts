import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { logged, ROOT, records, start, temporaryFolder, until } from './support.js';

const execute = promisify(execFile);

const MOST_MINUTES = 10;

/**
 * What the README asks of someone who has never seen the project. Packages are fetched where `MILLRACE_INSTALL` is set; otherwise those
 * that are here are taken, so that the test needs no network.
 */
describe('the way of a newcomer', { timeout: MOST_MINUTES * 60_000 }, () => {
  const times: [step: string, seconds: number][] = [];

  async function timed(step: string, work: () => Promise<unknown>): Promise<void> {
    const beganMs = performance.now();
    await work();
    times.push([step, (performance.now() - beganMs) / 1000]);
  }

  it(`leads from a clone to a pipeline in the browser in less than ${MOST_MINUTES} minutes`, async () => {
    const clone = join(temporaryFolder(), 'millrace');
    const program = join(clone, 'dist/bin/millrace.js');
    const call = (command: string, ...argv: string[]) => execute(command, argv, { cwd: clone });
    const millrace = (...argv: string[]) => call(process.execPath, program, ...argv);
    await timed('clone', () => execute('git', ['clone', '--quiet', '--depth=1', `file://${ROOT}`, clone]));
    await timed('install', async () => {
      if (process.env.MILLRACE_INSTALL) await call('npm', 'ci', '--no-audit', '--no-fund');
      else symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
    });
    await timed('build', () => call('npm', 'run', 'build'));
    await timed('first pipeline', async () => {
      await millrace('init', 'first.yaml');
      await millrace('run', 'first.yaml');
    });
    expect(records(join(clone, 'out/failed.ndjson')).length).toBeGreaterThan(100);
    await timed('its test', async () => {
      expect((await millrace('test', 'first.yaml')).stdout).toContain('1 test: 1 passed');
    });
    await timed('dashboard with live data', () => watch(clone, program));
    const minutes = times.reduce((sum, [, seconds]) => sum + seconds, 0) / 60;
    console.info(times.map(([step, seconds]) => `${step}: ${seconds.toFixed(1)} s`).join(', '));
    expect(minutes).toBeLessThan(MOST_MINUTES);
  });
});

/** Opens the page of a run that goes on, and waits until its figures grow. */
async function watch(folder: string, program: string): Promise<void> {
  const endless = ['--set', 'sources.web={type: generate, kind: access_log, rate: 500, format: combined}'];
  const { child, ended, err } = start(
    ['run', 'first.yaml', '--ui', '--listen', '127.0.0.1:0', '--fresh', ...endless],
    {
      cwd: folder,
      program,
    },
  );
  const listening = () =>
    logged(err().slice(0, err().lastIndexOf('\n') + 1), 'listening: open it in a browser')[0]?.url as string;
  await until(() => listening() !== undefined, 'it listens');
  expect(await (await fetch(listening())).text()).toContain('dashboard.js');
  const read = async () => {
    const { stages } = (await (await fetch(`${listening()}/api/pipeline`)).json()) as {
      stages: { id: string; recordsOut: number }[];
    };
    return stages.find(({ id }) => id === 'out')!.recordsOut;
  };
  const before = await read();
  while ((await read()) === before);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 0 });
}
