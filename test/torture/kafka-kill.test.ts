import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { records, start, temporaryFolder, until, write } from '../cli/support.js';
import {
  kcat,
  makeTopic,
  readAll,
  send,
  source,
  unique,
  valuesOf,
} from '../connectors/kafka/kafka-support.js';
import { describeWith, KAFKA, KAFKA_BROKER } from '../support/brokers.js';
import { scale, seedOf, uniform } from './seeds.js';

const describeKafka = await describeWith(KAFKA);
const KILLS = 3 * scale();
const FEED_RECORDS = 50;
const FEED_PAUSE_MS = 100;
const MOST_AFTER_OUTPUT_MS = 400;

/** Numbers that go in bit by bit, as long as it is not stopped. */
class Feed {
  readonly #put: (from: number, to: number) => Promise<void>;
  #isOver = false;
  readonly #fed: Promise<number>;

  constructor(put: (from: number, to: number) => Promise<void>) {
    this.#put = put;
    this.#fed = this.#run();
  }

  /** How many went in. */
  async stop(): Promise<number> {
    this.#isOver = true;
    return await this.#fed;
  }

  async #run(): Promise<number> {
    let count = 0;
    for (; !this.#isOver; count += FEED_RECORDS) {
      await this.#put(count, count + FEED_RECORDS);
      await sleep(FEED_PAUSE_MS);
    }
    // No run that was killed before has written these.
    await this.#put(count, count + FEED_RECORDS);
    return count + FEED_RECORDS;
  }
}

/** Kills a pipeline again and again, each time some time after it has written something, and lets it finish. Resolves to how many records there were. */
async function killAgain(
  folder: string,
  name: string,
  feed: Feed,
  output: () => Promise<number[]>,
): Promise<number> {
  const seed = seedOf(name);
  const random = uniform(seed);
  const run = () => start(['run', 'p.yaml'], { cwd: folder });
  for (let kill = 0; kill < KILLS; kill++) {
    const before = (await output()).length;
    const { child, ended } = run();
    while ((await output()).length === before) await sleep(50);
    await sleep(random(MOST_AFTER_OUTPUT_MS));
    child.kill('SIGKILL');
    await ended;
  }
  const total = await feed.stop();
  const { child, ended, err } = run();
  await until(() => err().includes('"started"'), 'it hears signals');
  while (new Set(await output()).size < total) await sleep(50);
  child.kill('SIGTERM');
  expect(await ended, `seed ${seed}`).toMatchObject({ code: 0 });
  const numbers = (await output()).sort((a, b) => a - b);
  expect(numbers, `seed ${seed}`).toEqual(Array.from({ length: total }, (_, n) => n));
  return total;
}

const timeouts = 'session_timeout: 2s, rebalance_timeout: 5s';
const runtime = 'runtime: { checkpoint: 50ms, workers: 1, batch: { max_bytes: 4KiB } }';

describeKafka('a pipeline that is killed again and again', { timeout: 120_000 * scale() }, () => {
  it('brings each record from topic to topic once, for readers of what is committed', async () => {
    const [from, to, folder] = [await makeTopic(3), await makeTopic(2), temporaryFolder()];
    write(
      folder,
      'p.yaml',
      `name: ${unique('torture')}
sources: { in: { type: kafka, brokers: ["${KAFKA_BROKER}"], topics: [${from}], format: json, ${timeouts} } }
sinks: { out: { type: kafka, inputs: [in], brokers: ["${KAFKA_BROKER}"], topic: ${to}, key: "{n}", transactional: true } }
${runtime}
`,
    );
    const feed = new Feed(async (first, end) => {
      const values = Array.from({ length: end - first }, (_, i) => first + i);
      await send(
        from,
        values.map((n) => ({ value: `{"n":${n}}`, partition: n % 3 })),
      );
    });
    const total = await killAgain(folder, 'from topic to topic', feed, async () => {
      const { seen } = await readAll(source({ topics: [to] }));
      return valuesOf(seen).map((text) => (JSON.parse(text) as { n: number }).n);
    });
    expect(await kcat(to, '-X', 'isolation.level=read_committed')).toHaveLength(total);
  });

  it('takes each record out of a queue in a topic once', async () => {
    const folder = temporaryFolder();
    write(folder, 'in.ndjson', '');
    write(
      folder,
      'p.yaml',
      `name: ${unique('torture')}
sources: { in: { type: file, paths: [in.ndjson], format: json, follow: true, poll_interval: 10ms } }
sinks:
  out:
    type: file
    inputs: [in]
    path: out.ndjson
    queue: { type: kafka, brokers: ["${KAFKA_BROKER}"], partitions: 2, key: n, transactional: true, ${timeouts} }
${runtime}
`,
    );
    const feed = new Feed(async (first, end) => {
      const lines = Array.from({ length: end - first }, (_, i) => `{"n":${first + i}}\n`);
      appendFileSync(join(folder, 'in.ndjson'), lines.join(''));
    });
    await killAgain(folder, 'through a queue', feed, async () => {
      try {
        return records(join(folder, 'out.ndjson')).map(({ n }) => n as number);
      } catch {
        return [];
      }
    });
  });
});
