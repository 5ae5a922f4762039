import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lines, logged, MAIN, start, temporaryFolder, until, write } from './support.js';

function pipeline(options: string, sink: string): { cwd: string; file: string } {
  const cwd = temporaryFolder();
  const text = `
name: endless
sources: { made: { type: generate, kind: access_log, format: combined, ${options} } }
sinks: { out: { ${sink}, inputs: [made] } }
`;
  return { cwd, file: write(cwd, 'p.yaml', text) };
}

describe('the first signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s lets what was read go through and ends with 0',
    async (signal) => {
      const { cwd, file } = pipeline('rate: 2000', 'type: file, path: out.ndjson');
      const { child, ended, err } = start(['run', file], { cwd });
      const out = join(cwd, 'out.ndjson');
      await until(() => existsSync(out) && statSync(out).size > 10_000, 'records are written');
      child.kill(signal);
      const { code } = await ended;
      expect(code).toBe(0);
      expect(err()).toContain('stopping: finishing what was read');
      const [summary] = logged(err(), 'finished');
      const written = lines(readFileSync(out, 'utf8')).length;
      expect(summary).toMatchObject({ outcome: 'drained', recordsRead: written, sums: { addUp: true } });
    },
  );

  it('ends a run that waits for a silent pipe', async () => {
    const cwd = temporaryFolder();
    const text =
      'sources: { in: { type: stdin } }\nsinks: { out: { type: stdout, inputs: [in], format: lines } }\n';
    const { child, ended, out } = start(['run', write(cwd, 'p.yaml', text)], { cwd });
    child.stdin.write('one\ntwo\n');
    await until(() => out() === 'one\ntwo\n', 'the lines have come through');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, out: 'one\ntwo\n' });
  });
});

describe('the second signal', () => {
  it('ends a run at once that cannot drain', async () => {
    const { cwd, file } = pipeline('count: 100000000', 'type: stdout');
    const { child, ended, err } = start(['run', file], { cwd, readsOutput: false });
    // What comes first shows that a whole batch is on its way into a pipe that does not hold as much.
    await once(child.stdout, 'readable');
    child.kill('SIGINT');
    await until(() => err().includes('stopping'), 'the first signal has come');
    child.kill('SIGINT');
    // Nobody reads standard output, so that it must not be waited for.
    child.stdout.resume();
    expect(await ended).toMatchObject({ code: 130 });
  });
});

describe.skipIf(process.platform !== 'linux')('a reader that stands still (Linux: /proc)', () => {
  it('costs no memory, and gets every record in the end', async () => {
    const { cwd, file } = pipeline('count: 100000000', 'type: stdout');
    const reader = spawn('wc', ['-l'], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void reader.kill('SIGKILL'));
    let counted = '';
    reader.stdout.on('data', (data: Buffer) => {
      counted += data.toString();
    });
    const child = spawn(process.execPath, [MAIN, 'run', file], {
      cwd,
      stdio: ['ignore', reader.stdin, 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    reader.stdin.destroy();
    let err = '';
    child.stderr!.on('data', (data: Buffer) => {
      err += data.toString();
    });
    await until(() => writtenBytes(child) > 20_000_000, 'the run is at full speed');
    reader.kill('SIGSTOP');
    await untilStill(child);
    const sizes = await observe(() => residentBytes(child), 20);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(8e6);
    expect(Math.max(...sizes)).toBeLessThan(250e6);
    reader.kill('SIGCONT');
    child.kill('SIGINT');
    expect(await new Promise((resolved) => child.on('close', resolved))).toBe(0);
    await until(() => counted !== '', 'the reader has counted');
    const [summary] = logged(err, 'finished');
    expect(summary).toMatchObject({
      outcome: 'drained',
      recordsRead: Number(counted),
      sums: { addUp: true },
    });
  });
});

function procFile(child: ChildProcess, name: string): string {
  return readFileSync(`/proc/${child.pid}/${name}`, 'utf8');
}

function residentBytes(child: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(procFile(child, 'status'))![1]) * 1024;
}

function writtenBytes(child: ChildProcess): number {
  return Number(/wchar: (\d+)/.exec(procFile(child, 'io'))![1]);
}

/** Waits until all queues are full: no processor time is used any more. */
async function untilStill(child: ChildProcess): Promise<void> {
  let before = -1;
  for (;;) {
    const fields = procFile(child, 'stat').split(') ')[1]!.split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    if (ticks === before) return;
    before = ticks;
    await observe(() => 0, 10);
  }
}

/** Looks `times` times, 25 ms apart. */
async function observe(look: () => number, times: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < times; i++) {
    seen.push(look());
    await new Promise((resolved) => setTimeout(resolved, 25));
  }
  return seen;
}
