import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Source } from '#component';
import { describeWith, KAFKA, KAFKA_BROKER } from '../../support/brokers.js';
import {
  makeTopic,
  numbered,
  type Read,
  readAll,
  type Seen,
  send,
  source,
  unique,
  withAdmin,
} from './kafka-support.js';

const describeKafka = await describeWith(KAFKA);

/** A member of a group that follows until it is told to end, and what it has read so far. */
class Member {
  readonly seen: Seen[] = [];
  readonly #controller = new AbortController();
  readonly #reading: Promise<Read>;
  readonly #own = new Set<string>();

  constructor(topic: string, group: string, commits: boolean) {
    const log = {
      info: (fields: object) => {
        const { partitions } = fields as { partitions?: readonly string[] };
        if (!partitions) return;
        this.#own.clear();
        for (const one of partitions) this.#own.add(one);
      },
      warn: () => {},
    };
    const options = { topics: [topic], group, follow: true, session_timeout: 2000, rebalance_timeout: 4000 };
    const one: Source = source(options, { log });
    this.#reading = readAll(one, {
      signal: this.#controller.signal,
      commits,
      batchBytes: 4096,
      onChunk: (seen) => void this.seen.push(...seen),
    });
  }

  get partitions(): readonly string[] {
    return [...this.#own];
  }

  async end(): Promise<void> {
    this.#controller.abort();
    await this.#reading;
  }
}

const numbersOf = (members: readonly Member[]) =>
  members.flatMap(({ seen }) => seen.map(({ value }) => Number(value.toString())));

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(20);
}

describeKafka('kafka source: groups', () => {
  it('share partitions with members that come, without loss and without repeats', async () => {
    const [topic, group] = [await makeTopic(4), unique('group')];
    const members = [new Member(topic, group, true)];
    await until(() => members[0]!.partitions.length === 4);
    const total = 4000;
    for (let from = 0; from < total; from += 500) {
      await send(topic, numbered(total, 4).slice(from, from + 500));
      if (from === 1000) members.push(new Member(topic, group, true));
      if (from === 2000) await until(() => members.every(({ partitions }) => partitions.length === 2));
    }
    await until(() => numbersOf(members).length >= total);
    for (const member of members) await member.end();
    expect(members.map(({ seen }) => seen.length > 0)).toEqual([true, true]);
    expect(numbersOf(members).sort((a, b) => a - b)).toEqual(numbered(total).map((_, i) => i));
  });

  it('take over from members that leave, where they have committed', async () => {
    const [topic, group] = [await makeTopic(4), unique('group')];
    const members = [new Member(topic, group, true), new Member(topic, group, true)];
    await until(() => members.every(({ partitions }) => partitions.length === 2));
    await send(topic, numbered(400, 4));
    await until(() => numbersOf(members).length >= 400);
    await members[0]!.end();
    await until(() => members[1]!.partitions.length === 4);
    await send(topic, numbered(800, 4).slice(400));
    await until(() => numbersOf(members).length >= 800);
    await members[1]!.end();
    expect(numbersOf(members).sort((a, b) => a - b)).toEqual(numbered(800).map((_, i) => i));
  });

  it('read again what a member had read and not committed when it left', async () => {
    const [topic, group] = [await makeTopic(1), unique('group')];
    const first = new Member(topic, group, false);
    await send(topic, numbered(100));
    await until(() => first.seen.length >= 100);
    await first.end();
    const second = new Member(topic, group, true);
    await until(() => second.seen.length >= 100);
    await second.end();
    expect(numbersOf([second])).toEqual(numbered(100).map((_, i) => i));
  });

  it('take over from a process that is killed, and lose nothing', { timeout: 90_000 }, async () => {
    const [topic, group] = [await makeTopic(4), unique('group')];
    const total = 20_000;
    const processes = [0, 1].map(() => new MemberProcess(topic, group));
    onTestFinished(() => {
      for (const one of processes) one.kill();
    });
    let sent = 0;
    const sendMore = async (count: number) => {
      await send(topic, numbered(sent + count, 4).slice(sent));
      sent += count;
    };
    while (!processes.every((one) => one.numbers.length > 0)) {
      await sendMore(100);
      await sleep(100);
    }
    const sending = sendMore(total - sent);
    processes[0]!.kill();
    await sending;
    const distinct = () => new Set(processes.flatMap(({ numbers }) => numbers));
    await until(() => distinct().size >= total);
    await processes[1]!.end();
    expect(distinct().size).toBe(total);
    // The one that lives has never written anything twice.
    const { numbers } = processes[1]!;
    expect(new Set(numbers).size).toBe(numbers.length);
    const offsets = await withAdmin((admin) =>
      admin.listConsumerGroupOffsets({ groups: [{ groupId: group }] }),
    );
    const committed = offsets.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions));
    expect(committed.map((one) => Number(one.committedOffset))).toEqual([5000, 5000, 5000, 5000]);
  });
});

/** A run of the command line that writes what it reads of a topic to a file of its own. */
class MemberProcess {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;

  constructor(topic: string, group: string) {
    writeFileSync(
      join(this.#folder, 'pipeline.yaml'),
      `
name: member
sources:
  in:
    type: kafka
    brokers: ["${KAFKA_BROKER}"]
    topics: [${topic}]
    group: ${group}
    session_timeout: 3s
    rebalance_timeout: 10s
sinks:
  out: { type: file, inputs: [in], path: "${this.#folder}/out.txt", format: lines }
runtime: { state: "${this.#folder}/state", checkpoint: 100ms }
`,
    );
    this.#child = spawn(
      process.execPath,
      ['dist/bin/millrace.js', 'run', join(this.#folder, 'pipeline.yaml')],
      {
        stdio: ['ignore', 'ignore', 'ignore'],
      },
    );
    this.#exit = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  /** What is in the file, whole lines only. */
  get numbers(): number[] {
    try {
      const text = readFileSync(join(this.#folder, 'out.txt'), 'utf8');
      return text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line !== '')
        .map(Number);
    } catch {
      return [];
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    expect(await this.#exit).toBe(0);
  }
}
