import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ROOT } from '../../house-files.js';
import { AMQP_URL, describeWith, RABBITMQ } from '../../support/brokers.js';
import { freePort } from '../http-support.js';
import { newFolder, newName, Peer, rabbitmqctl, removeAfterTest, start, until } from './amqp-support.js';

const describe = await describeWith(RABBITMQ);

function linesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter(Boolean);
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => JSON.stringify({ n }));

describe('RabbitMQ under stress', () => {
  it('takes from a queue no more than its prefetch while nothing can be written', async () => {
    const peer = await Peer.open();
    const [from, full] = [
      await peer.queue(),
      await peer.queue({ maxLength: 1, arguments: { 'x-overflow': 'reject-publish' } }),
    ];
    await peer.send(full, ['{}']);
    await peer.send(from, numbers(3000));
    const running = await start(`
sources: { in: { type: amqp, url: "${AMQP_URL}", queue: ${from}, format: json, prefetch: 200 } }
sinks: { out: { type: amqp, inputs: [in], url: "${AMQP_URL}", routing_key: ${full} } }
runtime: { state: "${newFolder()}", checkpoint: 50ms }
`);
    const unacknowledged = async (): Promise<number> => {
      const listed = await rabbitmqctl('list_queues', 'name', 'messages_unacknowledged');
      return Number(new RegExp(`${from}\\t(\\d+)`).exec(listed)?.[1] ?? -1);
    };
    // Those of the first, smaller consumer count beside those of the one that took its place.
    await until(async () => (await unacknowledged()) >= 200);
    expect(await unacknowledged()).toBeLessThanOrEqual(216);
    expect(await peer.waiting(from)).toBeGreaterThanOrEqual(3000 - 216);
    await peer.channel.deleteQueue(full);
    await peer.channel.assertQueue(full, { durable: true });
    await until(async () => (await peer.waiting(full)) >= 3000, 60_000);
    await running.stop();
    const got = (await peer.drain(full)).map(({ content }) => content.toString());
    expect(new Set(got).size).toBe(3000);
  });

  it('shares one queue among several sources', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const folder = newFolder();
    await peer.send(queue, numbers(20_000));
    const source = `{ type: amqp, url: "${AMQP_URL}", queue: ${queue}, format: json, follow: false, prefetch: 500 }`;
    const { ended } = await start(`
sources: { a: ${source}, b: ${source} }
sinks:
  a_out: { type: file, inputs: [a], path: "${join(folder, 'a.ndjson')}", format: json }
  b_out: { type: file, inputs: [b], path: "${join(folder, 'b.ndjson')}", format: json }
runtime: { state: "${join(folder, 'state')}", checkpoint: 50ms }
`);
    await ended;
    expect(linesIn(folder).sort()).toEqual(numbers(20_000).sort());
    expect(readFileSync(join(folder, 'a.ndjson'), 'utf8')).not.toBe('');
    expect(readFileSync(join(folder, 'b.ndjson'), 'utf8')).not.toBe('');
  });

  it('loses no record when two of four workers are killed and go on, and repeats few', async () => {
    const queue = newName('edge');
    removeAfterTest((channel) => channel.deleteQueue(queue));
    const folder = newFolder();
    const count = 200_000;
    const pipelineOf = (worker: string): string => {
      const file = join(folder, `${worker}.yaml`);
      writeFileSync(
        file,
        `
name: workers
sources: { in: { type: generate, kind: app_json, format: json, count: ${count}, seed: 7 } }
transforms:
  made: { type: map, inputs: [in], set: { id: meta.id }, keep: [id] }
  kept: { type: filter, inputs: [made], queue: { type: amqp, url: "${AMQP_URL}", queue: ${queue} }, where: id != null }
sinks: { out: { type: file, inputs: [kept], path: "${join(folder, `${worker}.ndjson`)}", format: json } }
runtime: { state: "${join(folder, worker)}", checkpoint: 200ms, workers: 1, batch: { max_bytes: 64KiB } }
`,
      );
      return file;
    };
    const launch = (worker: string, only: string) => {
      const args = ['dist/bin/millrace.js', 'run', pipelineOf(worker), '--only', only];
      const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' });
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      onTestFinished(() => void child.kill('SIGKILL'));
      return { child, gone };
    };
    const names = ['w1', 'w2', 'w3', 'w4'];
    const workers = new Map(names.map((name) => [name, launch(name, 'out')]));
    const producer = launch('producer', 'in');
    const linesOf = (name: string): number => countOf(join(folder, `${name}.ndjson`));
    for (const victim of ['w2', 'w3']) {
      await until(() => linesOf(victim) > 0, 60_000);
      workers.get(victim)!.child.kill('SIGKILL');
      await workers.get(victim)!.gone;
      workers.set(victim, launch(victim, 'out'));
    }
    await producer.gone;
    await until(() => new Set(linesIn(folder)).size === count, 120_000);
    for (const { child, gone } of workers.values()) {
      child.kill('SIGTERM');
      await gone;
    }
    // What a checkpoint held and the broker had not heard of goes to another worker, too.
    expect(linesIn(folder).length).toBeLessThan(1.1 * count);
    expect(new Set(linesIn(folder)).size).toBe(count);
  }, 240_000);

  it('goes on when the broker was killed and is back', async () => {
    const port = await freePort();
    const folder = newFolder();
    const env = {
      ...process.env,
      MILLRACE_RABBITMQ_PORT: `${port}`,
      MILLRACE_BROKERS_FOLDER: join(folder, 'broker'),
    };
    const brokers = (verb: string): Buffer =>
      execFileSync(join(ROOT, '.ci/brokers'), [verb, 'rabbitmq'], { env });
    brokers('start');
    onTestFinished(() => void brokers('stop'), 60_000);
    const file = join(folder, 'pipeline.yaml');
    writeFileSync(
      file,
      `
sources: { in: { type: generate, kind: app_json, format: json, count: 60000, rate: 10000, seed: 3 } }
transforms:
  made: { type: map, inputs: [in], set: { id: meta.id }, keep: [id] }
  kept: { type: filter, inputs: [made], queue: { type: amqp, url: "amqp://127.0.0.1:${port}" }, where: id != null }
sinks: { out: { type: file, inputs: [kept], path: "${join(folder, 'out.ndjson')}", format: json } }
runtime: { state: "${join(folder, 'state')}", checkpoint: 100ms }
`,
    );
    // In a process of its own: this one stands still while a broker is started.
    const child = spawn(process.execPath, ['dist/bin/millrace.js', 'run', file], {
      cwd: ROOT,
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    onTestFinished(() => void child.kill('SIGKILL'));
    const node = `millrace-${port}@localhost`;
    const names = join(folder, 'broker/rabbitmq/data', node, 'quorum', node, 'names.dets');
    // RabbitMQ writes the names of its quorum queues a moment after it has declared them, and without them none is found again.
    await until(() => linesIn(folder).length > 5000 && readFileSync(names).includes('kept'), 60_000);
    process.kill(Number(readFileSync(join(folder, 'broker/rabbitmq/pid'), 'utf8')), 'SIGKILL');
    brokers('start');
    expect(await ended).toBe(0);
    expect(linesIn(folder)).toHaveLength(60_000);
    expect(new Set(linesIn(folder)).size).toBe(60_000);
  }, 240_000);
});

function countOf(file: string): number {
  try {
    return readFileSync(file, 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}
