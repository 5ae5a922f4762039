import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { describeWith, KAFKA, KAFKA_BROKER } from '../../support/brokers.js';
import { runInThread } from '../../support/run-pipeline.js';
import { createTopic, kcat, unique } from './kafka-support.js';

const describeKafka = await describeWith(KAFKA);

const documents = (count: number, from = 0): string =>
  Array.from(
    { length: count },
    (_, i) => `${JSON.stringify({ n: from + i, host: `h${(from + i) % 7}` })}\n`,
  ).join('');

const linesIn = (path: string): string[] => {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
};

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(20);
}

function newPipeline(
  queue: string,
  follow = false,
): { folder: string; file: string; yaml: string; name: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  const name = unique('queued');
  const yaml = `
name: ${name}
sources:
  in: { type: file, paths: ["${folder}/in.ndjson"], format: json, follow: ${follow}, poll_interval: 20ms }
transforms:
  twice: { type: map, inputs: [in], queue: ${queue}, set: { twice: n * 2 } }
sinks:
  out: { type: file, inputs: [twice], path: "\${OUT:-${folder}/out.ndjson}", format: json }
runtime: { state: "\${STATE:-${folder}/state}", checkpoint: 100ms }
`;
  const file = join(folder, 'pipeline.yaml');
  writeFileSync(file, yaml);
  return { folder, file, yaml, name };
}

const kafkaQueue = `{ type: kafka, brokers: ["${KAFKA_BROKER}"], partitions: 4, key: host, session_timeout: 3s, rebalance_timeout: 10s }`;

describeKafka('kafka queue', () => {
  it('gives the same records as a queue in memory, each key in order, and ends by itself', async () => {
    const outputs: string[][] = [];
    for (const queue of ['memory', kafkaQueue]) {
      const { folder, file, yaml } = newPipeline(queue);
      writeFileSync(join(folder, 'in.ndjson'), documents(2000));
      await runInThread(yaml.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'), file, { batchBytes: 8192 });
      outputs.push(linesIn(join(folder, 'out.ndjson')));
    }
    const [memory, kafka] = outputs as [string[], string[]];
    expect([...kafka].sort()).toEqual([...memory].sort());
    for (let host = 0; host < 7; host++) {
      const own = (lines: string[]) => lines.filter((line) => line.includes(`"h${host}"`));
      expect(own(kafka)).toEqual(own(memory));
    }
  });

  it('goes on in a later run, and reads nothing twice', async () => {
    const { folder, file, yaml, name } = newPipeline(kafkaQueue);
    const run = () => runInThread(yaml.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'), file);
    writeFileSync(join(folder, 'in.ndjson'), documents(100));
    await run();
    appendFileSync(join(folder, 'in.ndjson'), documents(100, 100));
    await run();
    const numbers = linesIn(join(folder, 'out.ndjson')).map((line) => (JSON.parse(line) as { n: number }).n);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect((await kcat(`${name}.twice`)).length).toBeGreaterThan(0);
  });

  it('refuses a topic that has fewer partitions than it wants', async () => {
    const { folder, file, yaml, name } = newPipeline(kafkaQueue);
    writeFileSync(join(folder, 'in.ndjson'), documents(10));
    await createTopic(`${name}.twice`, 2);
    const running = runInThread(yaml.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'), file);
    await expect(running).rejects.toMatchObject({ code: 'kafka_partitions' });
  });

  it('shares the work among processes, one of which is killed: every record comes out', {
    timeout: 120_000,
  }, async () => {
    const { folder, file } = newPipeline(kafkaQueue, true);
    writeFileSync(join(folder, 'in.ndjson'), documents(1000));
    const start = (stage: string, name: string): ChildProcess => {
      const env = {
        ...process.env,
        STATE: join(folder, `state-${name}`),
        OUT: join(folder, `out-${name}.ndjson`),
      };
      const args = ['dist/bin/millrace.js', 'run', file, '--only', stage];
      const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    };
    const outputs = () =>
      readdirSync(folder)
        .filter((name) => name.startsWith('out-'))
        .map((name) => linesIn(join(folder, name)));
    const producer = start('in', 'producer');
    const workers = ['a', 'b'].map((name) => start('twice', name));
    let total = 1000;
    const sendMore = async () => {
      appendFileSync(join(folder, 'in.ndjson'), documents(1000, total));
      total += 1000;
      await sleep(50);
    };
    // One that joins late gets only what comes then.
    while (outputs().length < 2 || outputs().some((lines) => lines.length === 0)) await sendMore();
    workers[0]!.kill('SIGKILL');
    for (let more = 0; more < 10; more++) await sendMore();
    const numbers = () =>
      outputs().flatMap((lines) => lines.flatMap((line) => /"n":(\d+),.*\}$/.exec(line)?.[1] ?? []));
    await until(() => new Set(numbers()).size >= total);
    for (const child of [producer, workers[1]!]) {
      child.kill('SIGTERM');
      expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    }
    expect(new Set(numbers()).size).toBe(total);
  });
});
