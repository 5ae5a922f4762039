import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  type ConsumeMessage,
  connect,
  type Options,
} from 'amqplib';
import { expect, onTestFinished } from 'vitest';
import type { Run } from '../../../src/runtime/index.js';
import { AMQP_URL } from '../../support/brokers.js';
import { prepareRun, type RunInThreadOptions } from '../../support/run-pipeline.js';

const run = promisify(execFile);

/** A name that no other test has. */
export function newName(kind: string): string {
  return `millrace-test-${kind}-${randomUUID().slice(0, 8)}`;
}

/** A folder of its own for a test, removed afterwards. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-amqp-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A connection of the test's own, with which it looks at what Millrace has done. */
export class Peer {
  readonly model: ChannelModel;
  readonly channel: ConfirmChannel;

  private constructor(model: ChannelModel, channel: ConfirmChannel) {
    this.model = model;
    this.channel = channel;
  }

  static async open(): Promise<Peer> {
    const model = await connect(AMQP_URL);
    model.on('error', () => {});
    const channel = await model.createConfirmChannel();
    channel.on('error', () => {});
    onTestFinished(async () => {
      await model.close().catch(() => {});
    });
    return new Peer(model, channel);
  }

  /** A queue that goes when the test ends. */
  async queue(options: Options.AssertQueue = {}): Promise<string> {
    const name = newName('queue');
    await this.channel.assertQueue(name, { durable: true, ...options });
    removeAfterTest((channel) => channel.deleteQueue(name));
    return name;
  }

  /** Publishes to a queue through the default exchange; resolves when the broker has confirmed all. */
  async send(
    queue: string,
    payloads: readonly (string | Buffer)[],
    options: Options.Publish = {},
  ): Promise<void> {
    for (const payload of payloads)
      this.channel.sendToQueue(queue, Buffer.from(payload), { persistent: true, ...options });
    await this.channel.waitForConfirms();
  }

  /** How many messages are ready in a queue. */
  async waiting(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).messageCount;
  }

  /** Takes all that is ready in a queue. */
  async drain(queue: string): Promise<ConsumeMessage[]> {
    const count = await this.waiting(queue);
    const messages: ConsumeMessage[] = [];
    if (count === 0) return messages;
    let done: () => void = () => {};
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    const take = (message: ConsumeMessage | null): void => {
      if (message) messages.push(message);
      if (!message || messages.length === count) done();
    };
    const { consumerTag } = await this.channel.consume(queue, take, { noAck: true });
    await all;
    await this.channel.cancel(consumerTag);
    return messages;
  }
}

/** Over a connection of its own: that of the test may be broken. */
export function removeAfterTest(remove: (channel: Channel) => Promise<unknown>): void {
  onTestFinished(async () => {
    const model = await connect(AMQP_URL);
    const channel = await model.createChannel();
    await remove(channel);
    await model.close();
  });
}

export interface Running {
  readonly run: Run;
  readonly ended: Promise<void>;
  /** Lets it come to its end. */
  stop(): Promise<void>;
}

/** Runs a pipeline until it is stopped, at the latest when the test ends. */
export async function start(yaml: string, options: RunInThreadOptions = {}): Promise<Running> {
  const prepared = await prepareRun(yaml, 'amqp.yaml', options);
  const ended = prepared.run();
  let failure: unknown;
  ended.catch((error) => {
    failure = error;
  });
  const stop = async (): Promise<void> => {
    prepared.drain();
    await ended;
  };
  onTestFinished(async () => {
    prepared.drain();
    await ended.catch(() => {});
  });
  if (failure) throw failure;
  return { run: prepared, ended, stop };
}

const RABBITMQCTL = '/usr/lib/rabbitmq/bin/rabbitmqctl';

/** An administrator's command to the broker that `.ci/brokers` has started. */
export async function rabbitmqctl(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, RABBITMQ_NODENAME: 'millrace@localhost' };
  return (await run(RABBITMQCTL, ['-q', ...args], { env })).stdout;
}

/** Closes the connections whose names hold `part`, as an administrator does. @returns how many there were */
export async function closeConnections(part: string): Promise<number> {
  const listed = await rabbitmqctl('list_connections', 'pid', 'client_properties');
  const pids = listed
    .split('\n')
    .filter((line) => line.includes(part))
    .map((line) => line.split('\t')[0]!);
  for (const pid of pids) await rabbitmqctl('close_connection', pid, 'closed by a test');
  return pids.length;
}

/** Waits for a condition of the broker or of files. */
export async function until(condition: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
  await expect.poll(async () => await condition(), { timeout: timeoutMs, interval: 20 }).toBe(true);
}
