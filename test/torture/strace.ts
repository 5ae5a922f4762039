import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What changes files, as Linux calls it. */
export const SYSTEM_CALLS = [
  'pwrite64',
  'write',
  'fdatasync',
  'fsync',
  'rename',
  'unlink',
  'ftruncate',
] as const;
export type SystemCall = (typeof SYSTEM_CALLS)[number];

export interface Traced {
  readonly argv: readonly string[];
  readonly cwd: string;
}

export interface TracedEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** With one thread for files, the same calls come in the same order. */
const ENVIRONMENT = { ...process.env, UV_THREADPOOL_SIZE: '1' };

/**
 * Whether processes can be traced here: `strace` is installed and permitted, on Linux. In CI they must be.
 */
export function canTrace(): boolean {
  const { status } = spawnSync('strace', ['-f', 'true'], { stdio: 'ignore' });
  if (status === 0) return true;
  if (process.env.CI) throw new Error('strace is missing or not permitted, and CI must have it');
  return false;
}

/** How often a process makes each call in the thread that makes most of them: one for each place where it may be killed. */
export function countCalls({ argv, cwd }: Traced): Map<SystemCall, number> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-strace-'));
  try {
    const log = join(folder, 'log');
    const trace = `trace=${SYSTEM_CALLS.join(',')}`;
    const options = ['-f', '--seccomp-bpf', '-qq', '-o', log, '-e', trace, process.execPath, ...argv];
    execFileSync('strace', options, { cwd, env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'inherit'] });
    const byThread = new Map<string, number>();
    for (const [, thread, call] of readFileSync(log, 'utf8').matchAll(/^(\d+) +(\w+)\(/gm)) {
      const key = `${thread} ${call}`;
      byThread.set(key, (byThread.get(key) ?? 0) + 1);
    }
    const most = (call: SystemCall) =>
      Math.max(0, ...[...byThread].map(([key, count]) => (key.endsWith(` ${call}`) ? count : 0)));
    return new Map(SYSTEM_CALLS.map((call) => [call, most(call)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a process, and kills it (SIGKILL) when a thread of it makes this call for the `at`-th time, from 1 on. */
export async function runKilledAt({ argv, cwd }: Traced, call: SystemCall, at: number): Promise<TracedEnd> {
  const inject = `inject=${call}:signal=SIGKILL:when=${at}`;
  // Not by `--seccomp-bpf`, with which strace injects nothing here.
  const options = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject];
  const child = spawn('strace', [...options, process.execPath, ...argv], {
    cwd,
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}
