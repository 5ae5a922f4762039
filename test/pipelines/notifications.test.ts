import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, start, temporaryFolder, until } from '../cli/support.js';
import { receiver } from '../connectors/http-support.js';
import { createTopic, kcatWrite, send, unique } from '../connectors/kafka/kafka-support.js';
import { describeWith, KAFKA, KAFKA_BROKER } from '../support/brokers.js';

const FOLDER = join(ROOT, 'pipelines/notifications');
const PIPELINE = join(FOLDER, 'pipeline.yaml');
const SERVICES = ['orders', 'payments', 'shipments'];
const MORE = 2000;

interface Message {
  readonly id: string;
  readonly to: string;
  readonly text: string;
}

const describe = await describeWith(KAFKA);

describe('notifications', () => {
  it('pushes what every service says, in batches, whatever process is killed', {
    timeout: 120_000,
  }, async () => {
    const prefix = unique('events');
    for (const service of SERVICES) await createTopic(`${prefix}.${service}`, 4);
    /** What the service has taken, by id: it knows again what comes twice. */
    const pushed = new Map<string, Message>();
    const push = await receiver(({ body }, index) => {
      if (index % 4 === 3) return { status: 503 };
      for (const line of body.split('\n').filter((one) => one !== '')) {
        const message = JSON.parse(line) as Message;
        pushed.set(message.id, message);
      }
      return { status: 202 };
    });
    const env = {
      KAFKA_BROKER,
      TOPICS: `${prefix}\\..*`,
      GROUP: prefix,
      PUSH_URL: push.url,
    };
    const timeouts = ['session_timeout=2s', 'rebalance_timeout=5s'].flatMap((one) => [
      '--set',
      `sources.events.${one}`,
    ]);
    const run = () =>
      start(['run', PIPELINE, '--workers', '1', ...timeouts, '--set', 'runtime.checkpoint=100ms'], {
        cwd: temporaryFolder(),
        env,
      });
    const processes = [run(), run()];
    for (const service of SERVICES) {
      const lines = readFileSync(join(FOLDER, `${service}.ndjson`), 'utf8')
        .split('\n')
        .slice(0, -1);
      await kcatWrite(`${prefix}.${service}`, lines);
    }
    await until(() => pushed.size === 4, 'the samples are pushed');
    expect([...pushed.values()].map(({ to, text }) => `${to}: ${text}`).sort()).toEqual([
      'ann: Thank you for your order.',
      'ann: Your parcel is on its way.',
      'bob: Thank you for your order.',
      'bob: We could not collect your payment.',
    ]);
    const more = Array.from({ length: MORE }, (_, n) => ({
      value: `{"kind":"shipped","customer":"c${n}"}`,
      partition: n % 4,
    }));
    const before = push.requests.length;
    await send(`${prefix}.shipments`, more.slice(0, MORE / 2));
    await until(() => pushed.size > 4, 'some more are pushed');
    processes[0]!.child.kill('SIGKILL');
    await send(`${prefix}.shipments`, more.slice(MORE / 2));
    await until(() => pushed.size === 4 + MORE, 'all are pushed');
    expect(push.requests.length - before).toBeLessThan(MORE / 4);
    processes[1]!.child.kill('SIGTERM');
    expect(await processes[1]!.ended).toMatchObject({ code: 0 });
  });
});
