import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { DATA_FOLDER } from './folders.js';
import { measure, median } from './measure.js';

// Millrace beside its client alone, on a RabbitMQ that `.ci/brokers start rabbitmq` has started: messages of 300 bytes, persistent, in
// a durable classic queue. Whole processes of Millrace, their start included. `node dist/bench/amqp.js [consume | publish | edge]…`

const URL = process.env.MILLRACE_TEST_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672';
const QUEUE = `millrace-bench-${process.pid}`;
const FOLDER = join(DATA_FOLDER, 'amqp');
const MESSAGES = Number(process.env.MILLRACE_BENCH_MESSAGES ?? 100_000);
const ROUNDS = 3;
const WINDOW = 2000;
const PREFETCH = 10_000;
const ACKNOWLEDGE_EVERY = 1000;
const BODY = Buffer.from(JSON.stringify({ level: 'info', text: 'x'.repeat(270) }));

const model: ChannelModel = await connect(URL);
const channel: ConfirmChannel = await model.createConfirmChannel();

async function secondsOf(task: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await task();
  return (performance.now() - startedMs) / 1000;
}

async function newQueue(): Promise<void> {
  await channel.deleteQueue(QUEUE);
  await channel.assertQueue(QUEUE, { durable: true });
}

/** As Millrace does it: up to a window of messages that are not confirmed. */
async function publishAlone(): Promise<void> {
  let unconfirmed = 0;
  let wake: () => void = () => {};
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const confirmed = (): void => {
    unconfirmed--;
    wake();
  };
  for (let sent = 0; sent < MESSAGES; sent++) {
    while (unconfirmed >= WINDOW) await changed();
    unconfirmed++;
    channel.sendToQueue(QUEUE, BODY, { persistent: true, mandatory: true, messageId: `${sent}` }, confirmed);
  }
  while (unconfirmed > 0) await changed();
}

async function consumeAlone(): Promise<void> {
  const consumer = await model.createChannel();
  await consumer.prefetch(PREFETCH);
  let got = 0;
  await new Promise<void>((resolve, reject) => {
    const take = (message: Parameters<Parameters<typeof consumer.consume>[1]>[0]): void => {
      if (!message) throw new Error('the broker has ended the consumer');
      JSON.parse(message.content.toString());
      got++;
      if (got % ACKNOWLEDGE_EVERY === 0 || got === MESSAGES) consumer.ack(message, true);
      if (got === MESSAGES) resolve();
    };
    consumer.consume(QUEUE, take).catch(reject);
  });
  await consumer.close();
}

async function millrace(yaml: string): Promise<void> {
  const file = join(FOLDER, 'pipeline.yaml');
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, `${yaml}runtime: { state: "${join(FOLDER, 'state')}" }\n`);
  await measure(
    { argv: [process.execPath, join(process.cwd(), 'dist/bin/millrace.js'), 'run', file] },
    FOLDER,
  );
}

const GENERATED = `sources: { in: { type: generate, kind: app_json, format: json, count: ${MESSAGES}, seed: 1 } }\n`;
const publishMillrace = (): Promise<void> =>
  millrace(
    `${GENERATED}sinks: { out: { type: amqp, inputs: [in], url: "${URL}", routing_key: ${QUEUE}, window: ${WINDOW} } }\n`,
  );
const consumeMillrace = (): Promise<void> =>
  millrace(`sources: { in: { type: amqp, url: "${URL}", queue: ${QUEUE}, format: json, follow: false, prefetch: ${PREFETCH} } }
transforms: { some: { type: filter, inputs: [in], where: level == "error" } }
sinks: { out: { type: file, inputs: [some], path: "${join(FOLDER, 'out.ndjson')}", format: json } }
`);

function print(question: string, alone: readonly number[], ours: readonly number[]): void {
  const ratios = alone.map((seconds, i) => seconds / ours[i]!);
  const rate = (seconds: readonly number[]): string =>
    `${Math.round(MESSAGES / median(seconds) / 100) / 10} k/s`;
  process.stdout.write(
    `${question}: client alone ${rate(alone)}, Millrace ${rate(ours)}, ratio ${median(ratios).toFixed(2)}\n`,
  );
}

async function compare(
  question: string,
  prepare: () => Promise<void>,
  pair: readonly [() => Promise<void>, () => Promise<void>],
) {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, task] of pair.entries()) {
      await newQueue();
      await prepare();
      times[i as 0 | 1].push(await secondsOf(task));
    }
  }
  print(question, ...times);
}

const nothing = async (): Promise<void> => {};
const questions: Readonly<Record<string, () => Promise<void>>> = {
  consume: () => compare('consume', publishAlone, [consumeAlone, consumeMillrace]),
  publish: () => compare('publish with confirms', nothing, [publishAlone, publishMillrace]),
  edge: () =>
    compare('a queue between two segments, beside a message for each record', nothing, [
      async () => {
        await publishMillrace();
        await consumeMillrace();
      },
      () =>
        millrace(`${GENERATED}transforms: { some: { type: filter, inputs: [in], queue: { type: amqp, url: "${URL}", queue: ${QUEUE}-edge }, where: level == "error" } }
sinks: { out: { type: file, inputs: [some], path: "${join(FOLDER, 'out.ndjson')}", format: json } }
`),
    ]),
};

const asked = process.argv.slice(2);
for (const [name, ask] of Object.entries(questions))
  if (asked.length === 0 || asked.includes(name)) await ask();
await channel.deleteQueue(QUEUE);
await channel.deleteQueue(`${QUEUE}-edge`);
await model.close();
