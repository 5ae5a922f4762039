import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inProcess, lines, records, run, start, temporaryFolder, until, write } from '../../cli/support.js';
import { describeWith, KAFKA, KAFKA_BROKER } from '../../support/brokers.js';
import { send, unique } from './kafka-support.js';

const describeKafka = await describeWith(KAFKA);
const COUNT = 500;
const ALL = Array.from({ length: COUNT }, (_, n) => n);

interface Shop {
  readonly folder: string;
  readonly file: string;
  readonly name: string;
  readonly output: (path?: string) => number[];
  readonly run: () => Promise<void>;
  readonly queue: (verb: string, ...options: readonly string[]) => ReturnType<typeof inProcess>;
}

/** A pipeline with a queue in a topic of its own. */
function shop(transactional: boolean, follow = false): Shop {
  const folder = temporaryFolder();
  const name = unique('shop');
  write(folder, 'in.ndjson', ALL.map((n) => `{"n":${n}}\n`).join(''));
  const options = `brokers: ["${KAFKA_BROKER}"], partitions: 2, key: n, transactional: ${transactional}, session_timeout: 2s`;
  const text = `
name: ${name}
sources: { in: { type: file, paths: ["${folder}/in.ndjson"], format: json, follow: ${follow} } }
sinks:
  out: { type: file, inputs: [in], path: "${folder}/out.ndjson", format: json, queue: { type: kafka, ${options} } }
runtime: { state: "${folder}/state", workers: 1, checkpoint: 100ms, batch: { max_records: 20 } }
`;
  const file = write(folder, 'p.yaml', text);
  return {
    ...{ folder, file, name },
    output: (path = 'out.ndjson') =>
      records(join(folder, path))
        .map(({ n }) => n as number)
        .sort((a, b) => a - b),
    run: async () => {
      const { code, err } = await inProcess('run', file, '--quiet', '--workers', '0');
      expect({ code, err }).toEqual({ code: 0, err: '' });
    },
    queue: (verb, ...rest) => inProcess('queue', verb, file, ...rest),
  };
}

describeKafka('queues in Kafka: the verbs', { timeout: 60_000 }, () => {
  it.each([false, true])('list, show and read what is there (transactional: %s)', async (transactional) => {
    const { run, queue, name } = shop(transactional);
    await run();
    const listed = await queue('list', '--format', 'json');
    const [found] = lines(listed.out).map((line) => JSON.parse(line) as Record<string, never>);
    const { partitions, groups } = found as unknown as {
      partitions: { partition: string; batches: number; bytes: number }[];
      groups: { name: string; lag: number }[];
    };
    expect(partitions.map(({ partition }) => partition)).toEqual([`${name}.out/0`, `${name}.out/1`]);
    // Ends of transactions take an offset, too.
    const batches = partitions.reduce((sum, one) => sum + one.batches, 0);
    expect(batches).toBeGreaterThanOrEqual(COUNT / 20);
    expect(Math.min(...partitions.map(({ bytes }) => bytes))).toBeGreaterThan(0);
    expect(groups.map((group) => group.name)).toEqual(['out']);
    expect(groups[0]!.lag).toBeLessThanOrEqual(transactional ? batches - COUNT / 20 : 0);
    const shown = await queue('show', 'out');
    expect(shown.out).toContain('batches');
    expect(shown.out).toContain(KAFKA_BROKER);
    const read = await queue('read', 'out');
    const numbers = lines(read.out).map((line) => (JSON.parse(line) as { n: number }).n);
    expect(numbers.sort((a, b) => a - b)).toEqual(ALL);
    const text = await queue('list');
    expect(text.out).toMatch(/\d+ batch/);
  });

  it('reset lets the group go on elsewhere, and replay runs history again', async () => {
    const { folder, file, run, queue, output } = shop(false);
    await run();
    expect(output()).toEqual(ALL);
    const reset = await queue('reset', 'out', '--to', 'earliest', '--yes');
    expect(reset).toMatchObject({ code: 0, out: 'the next run goes on there\n' });
    await run();
    expect(output()).toEqual([...ALL, ...ALL].sort((a, b) => a - b));
    const into = `{ type: file, path: "${folder}/again.ndjson", format: json }`;
    const replay = await inProcess('replay', file, 'out', '--from', 'earliest', '--into', into);
    expect(replay, replay.err).toMatchObject({ code: 0, err: `replayed ${COUNT} records of "out"\n` });
    expect(output('again.ndjson')).toEqual(ALL);
    expect(await queue('reset', 'out', '--to', 'latest', '--yes')).toMatchObject({
      out: 'the stage "out" goes on there anyway\n',
    });
  });

  it('reset refuses while processes take records out', async () => {
    const { folder, file, queue } = shop(false, true);
    await inProcess('run', file, '--quiet', '--workers', '0', '--set', 'sources.in.follow=false');
    const state = ['--state', join(folder, 'other')];
    const { child, ended, err } = start(['run', file, '--only', 'out', ...state, '--log-level', 'info']);
    await until(() => err().includes('reads 2 partitions'), 'the process has joined the group');
    const refused = await queue('reset', 'out', '--to', 'earliest', '--yes');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('is in use');
    child.kill('SIGTERM');
    await ended;
  });

  it('says so where others have put messages in', async () => {
    const { run: runShop, file, name } = shop(false);
    await runShop();
    await send(`${name}.out`, [{ value: '{"from":"elsewhere"}' }]);
    const { code, err } = await run(['run', file, '--quiet', '--workers', '0']);
    expect(code).toBe(1);
    expect(err).toContain(`${name}.out/0 at offset`);
  });
});

describe('queues that cannot be looked into', () => {
  it('are told from those that are not there', async () => {
    const folder = temporaryFolder();
    const stage = 'out: { type: blackhole, inputs: [in], queue: { type: amqp, url: "amqp://127.0.0.1" } }';
    const file = write(
      folder,
      'p.yaml',
      `name: shop\nsources: { in: { type: file, paths: [in.log] } }\nsinks: { ${stage} }\nruntime: { state: "${folder}/state" }\n`,
    );
    mkdirSync(join(folder, 'state/shop'), { recursive: true });
    write(folder, 'state/shop/lock', '');
    const { code, err } = await inProcess('queue', 'show', file, 'out');
    expect(code).toBe(1);
    expect(err).toContain('type amqp');
  });
});
