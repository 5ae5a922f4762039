import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run, start, temporaryFolder, until, write } from '../cli/support.js';
import { ROOT } from '../house-files.js';
import { AMQP_URL, describeWith, RABBITMQ } from '../support/brokers.js';

const WORKERS = 4;
const LINES = 60_000;

/** The example, with a queue of its own in the broker. */
function pipelineIn(folder: string): string {
  const text = readFileSync(join(ROOT, 'pipelines/log-workers/pipeline.yaml'), 'utf8');
  const name = `log-workers-${process.pid}-${Date.now().toString(36)}`;
  return write(folder, 'pipeline.yaml', text.replace('name: log-workers', `name: ${name}`));
}

/** How often each request is in the outputs, by its path, which tells it from all others. */
function written(folder: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let worker = 1; worker <= WORKERS; worker++) {
    const file = join(folder, `out/worker-${worker}.ndjson`);
    if (!existsSync(file)) continue;
    // A line may be half written while its worker runs.
    for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
      const path = /"path":"([^"]*)"/.exec(line)?.[1];
      if (path !== undefined) counts.set(path, (counts.get(path) ?? 0) + 1);
    }
  }
  return counts;
}

const describe = await describeWith(RABBITMQ);

describe('log-workers', () => {
  it('stores every line, whatever workers are killed', { timeout: 120_000 }, async () => {
    const folder = temporaryFolder();
    const file = pipelineIn(folder);
    mkdirSync(join(folder, 'out'));
    const line = (n: number) =>
      `192.0.2.${n % 250} - - [25/Nov/2026:10:00:00 +0000] "GET /page/${n} HTTP/1.1" 200 ${n} "-" "-"`;
    write(folder, 'access.log', Array.from({ length: LINES }, (_, n) => `${line(n)}\n`).join(''));
    const env = { AMQP_URL, LOGS: join(folder, 'access.log'), OUT: join(folder, 'out') };
    const options = ['--set', 'runtime.batch.max_bytes=64KiB', '--set', 'runtime.checkpoint=200ms'];
    const worker = (n: number) => {
      const argv = ['run', file, '--only', 'parsed', '--state', join(folder, `state-${n}`), ...options];
      return start(argv, { cwd: folder, env: { ...env, WORKER: String(n) } });
    };
    const workers = Array.from({ length: WORKERS }, (_, i) => worker(i + 1));
    const reader = run(['run', file, '--only', 'raw', '--state', join(folder, 'state-reader'), ...options], {
      cwd: folder,
      env,
    });
    await until(() => written(folder).size > LINES / 10, 'workers have written something');
    for (const n of [1, 2]) {
      workers[n]!.child.kill('SIGKILL');
      await workers[n]!.ended;
      workers[n] = worker(n + 1);
    }
    const { code, err } = await reader;
    expect(code, err).toBe(0);
    await until(() => written(folder).size === LINES, 'every line is in an output');
    await until(() => workers.every(({ err }) => err().includes('"started"')), 'all workers hear signals');
    for (const { child } of workers) child.kill('SIGTERM');
    for (const { ended } of workers) expect(await ended).toMatchObject({ code: 0 });
    const counts = written(folder);
    expect(counts.size).toBe(LINES);
    // What had not been acknowledged when a worker died has come again: no more than the two had under way.
    const repeated = [...counts.values()].filter((count) => count > 1).length;
    expect(repeated).toBeLessThan(LINES / 4);
    for (let n = 0; n < LINES; n += 997) expect(counts.has(`/page/${n}`)).toBe(true);
  });
});
