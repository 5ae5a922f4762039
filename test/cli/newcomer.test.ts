import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { listensAt, ROOT, records, start, temporaryFolder, write } from './support.js';

const execute = promisify(execFile);

const MOST_MINUTES = 3;

/** What the README asks its reader to save as first.yaml, and to type next. */
function readmeSteps(): { readonly pipeline: string; readonly commands: readonly string[] } {
  const page = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const pipeline = /Save this as `first\.yaml`:\n\n```yaml\n([\s\S]*?)^```$/m.exec(page)![1]!;
  const commands = [...page.matchAll(/^millrace ([^#\n]+?) *(?:#.*)?$/gm)].map(([, command]) => command!);
  return { pipeline, commands };
}

/** They go on until they are ended: the browser comes last, and others have tests of their own. */
const GOES_ON = /--ui|^top/;

/**
 * What the README asks of someone who has never seen the project. Packages are fetched where `MILLRACE_INSTALL` is set; otherwise those
 * that are here are taken by a link, so that the test needs no network.
 */
describe('the way of a newcomer', { timeout: MOST_MINUTES * 60_000 }, () => {
  const times: [step: string, seconds: number][] = [];

  async function timed(step: string, work: () => Promise<unknown>): Promise<void> {
    const beganMs = performance.now();
    await work();
    times.push([step, (performance.now() - beganMs) / 1000]);
  }

  it.skipIf(!hasBrowser)(
    `leads from a clone to a pipeline in the browser in less than ${MOST_MINUTES} minutes`,
    async () => {
      const { pipeline, commands } = readmeSteps();
      const clone = join(temporaryFolder(), 'millrace');
      const program = join(clone, 'dist/bin/millrace.js');
      const call = (command: string, ...argv: string[]) => execute(command, argv, { cwd: clone });
      const millrace = (command: string) => call(process.execPath, program, ...command.split(' '));
      await timed('clone', () => execute('git', ['clone', '--quiet', '--depth=1', `file://${ROOT}`, clone]));
      await timed('install', async () => {
        if (process.env.MILLRACE_INSTALL) await call('npm', 'ci', '--no-audit', '--no-fund');
        else symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
      });
      await timed('build', () => call('npm', 'run', 'build'));
      await timed('first pipeline', async () => {
        write(clone, 'first.yaml', pipeline);
        await millrace('run first.yaml');
      });
      expect(records(join(clone, 'out/failed.ndjson')).length).toBeGreaterThan(100);
      await timed('the other commands', async () => {
        for (const command of commands) if (!GOES_ON.test(command)) await millrace(command);
      });
      await timed('a pipeline of its own, and its test', async () => {
        await millrace('init own.yaml');
        expect((await millrace('test own.yaml')).stdout).toContain('1 test: 1 passed');
      });
      await timed('dashboard with live data', () => watch(clone, program));
      const minutes = times.reduce((sum, [, seconds]) => sum + seconds, 0) / 60;
      console.info(times.map(([step, seconds]) => `${step}: ${seconds.toFixed(1)} s`).join(', '));
      expect(minutes).toBeLessThan(MOST_MINUTES);
    },
  );
});

/** Opens the page of a run that goes on, and waits until records flow through its last stage. */
async function watch(folder: string, program: string): Promise<void> {
  const endless = ['--set', 'sources.web={type: generate, kind: access_log, rate: 500, format: combined}'];
  const argv = ['run', 'first.yaml', '--ui', '--listen', '127.0.0.1:0', '--fresh', ...endless];
  const run = start(argv, { cwd: folder, program });
  const [browser, url] = await Promise.all([launchBrowser(), listensAt(run)]);
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByRole('button', { name: /^out, .*; [1-9][\d.]* records a second/ }).waitFor();
  run.child.kill('SIGINT');
  expect(await run.ended).toMatchObject({ code: 0 });
}
