import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeWith, KAFKA } from '../../support/brokers.js';
import { scale, seedsOf, uniform } from '../../torture/seeds.js';
import { makeTopic, readAll, type Seen, send, source, unique, withAdmin } from './kafka-support.js';

const describeKafka = await describeWith(KAFKA);
const SCHEDULES = 3 * scale();
const PARTITIONS = 3;
const STEPS = 12;
const MOST_MEMBERS = 3;

/** A member of a group that commits what it has read, at times slowly, until it leaves. */
class Member {
  readonly #controller = new AbortController();
  readonly #done: Promise<unknown>;
  /** How long it takes over a chunk. */
  pauseMs = 0;

  constructor(topic: string, group: string, onRead: (seen: readonly Seen[]) => void) {
    const options = { topics: [topic], group, follow: true, session_timeout: 2000, rebalance_timeout: 4000 };
    this.#done = readAll(source(options), {
      signal: this.#controller.signal,
      commits: true,
      batchBytes: 2048,
      onChunk: async (seen) => {
        onRead(seen);
        if (this.pauseMs > 0) await sleep(this.pauseMs);
      },
    });
  }

  async leave(): Promise<void> {
    this.#controller.abort();
    await this.#done;
  }
}

async function committedOffsets(group: string): Promise<number[]> {
  const groups = await withAdmin((admin) => admin.listConsumerGroupOffsets({ groups: [{ groupId: group }] }));
  const partitions = groups.flatMap(({ topics }) => topics.flatMap((topic) => topic.partitions));
  return partitions
    .sort((a, b) => a.partitionIndex - b.partitionIndex)
    .map(({ committedOffset }) => Number(committedOffset));
}

describeKafka('kafka groups: members that come, leave and are slow', () => {
  it.each(seedsOf('group schedules', SCHEDULES))(
    'give each record to one of them, in the order of its partition (seed %d)',
    { timeout: 120_000 },
    async (seed) => {
      const random = uniform(seed);
      const [topic, group] = [await makeTopic(PARTITIONS), unique('group')];
      /** When each record was read, counting all. */
      const seen = new Map<number, number>();
      const repeated: number[] = [];
      let reads = 0;
      const read = (messages: readonly Seen[]): void => {
        for (const { value } of messages) {
          const n = Number(value.toString());
          if (seen.has(n)) repeated.push(n);
          seen.set(n, reads++);
        }
      };
      const join = () => new Member(topic, group, read);
      const members = [join()];
      let sent = 0;
      for (let step = 0; step < STEPS; step++) {
        const what = random(4);
        if (what === 0 && members.length < MOST_MEMBERS) members.push(join());
        else if (what === 1 && members.length > 1)
          await members.splice(random(members.length), 1)[0]!.leave();
        else if (what === 2) members[random(members.length)]!.pauseMs = random(2) * 100;
        const count = 50 + random(200);
        await send(
          topic,
          Array.from({ length: count }, (_, i) => ({
            value: String(sent + i),
            partition: (sent + i) % PARTITIONS,
          })),
        );
        sent += count;
      }
      for (const member of members) member.pauseMs = 0;
      while (seen.size < sent) await sleep(20);
      for (const member of members) await member.leave();
      expect(repeated).toEqual([]);
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const own = [...seen].filter(([n]) => n % PARTITIONS === partition).sort((a, b) => a[1] - b[1]);
        expect(own.map(([n]) => n)).toEqual(own.map(([n]) => n).sort((a, b) => a - b));
      }
      const counts = Array.from({ length: PARTITIONS }, (_, p) => Math.ceil((sent - p) / PARTITIONS));
      expect(await committedOffsets(group)).toEqual(counts);
    },
  );
});
