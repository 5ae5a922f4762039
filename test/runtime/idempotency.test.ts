import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Chunk, MessageWriter, type Outlet, type SourceDefinition } from '../../src/component/index.js';
import { DAMAGES } from '../support/crash-damage.js';
import { CrashStorage } from '../support/crash-storage.js';
import { runs } from '../support/property.js';
import { counted } from '../support/random-graph.js';
import { prepareRun } from '../support/run-pipeline.js';
import { scale, seedsOf, type Uniform, uniform } from '../torture/seeds.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Each seed is one stream of messages, whose reader crashes at so many points. */
const CRASHES = 20;
const OUTPUT = '/simulated/out.log';
/** So many may be under way unacknowledged, and a chunk more. */
const WINDOW = 12;
const LARGEST_CHUNK = 4;

/** Messages as producers sent them, each known by an id: some of them twice, some late, and some never. */
function streamOf(random: Uniform): string[] {
  const ids = Array.from({ length: 30 + random(30) }, (_, id) => `m${id}`).filter(() => random(10) > 0);
  for (let repeats = random(15); repeats > 0; repeats--) {
    ids.splice(random(ids.length + 1), 0, ids[random(ids.length)]!);
  }
  for (let late = random(8); late > 0; late--) {
    const [id] = ids.splice(random(ids.length), 1);
    ids.splice(random(ids.length + 1), 0, id!);
  }
  return ids;
}

let connections = 0;

/**
 * A broker that knows nothing of checkpoints: whoever connects gets again what was not acknowledged, in its order or in any other.
 * Acknowledgements are noted with the operation of the disk before which they came.
 */
class Broker {
  readonly storage: CrashStorage;
  readonly #messages: readonly string[];
  readonly #redelivers: 'in order' | 'shuffled';
  readonly #random: Uniform;
  readonly #acknowledged: Set<number>;
  readonly #notes: { readonly operations: number; readonly index: number }[] = [];

  constructor(
    messages: readonly string[],
    redelivers: 'in order' | 'shuffled',
    random: Uniform,
    before: { readonly storage: CrashStorage; readonly acknowledged: ReadonlySet<number> } = {
      storage: new CrashStorage(),
      acknowledged: new Set(),
    },
  ) {
    this.#messages = messages;
    this.#redelivers = redelivers;
    this.#random = random;
    this.storage = before.storage;
    this.#acknowledged = new Set(before.acknowledged);
  }

  /** As it is after the disk has lost its power in operation `at`: what was to be acknowledged later never was. */
  afterCrash(at: number, storage: CrashStorage): Broker {
    const acknowledged = new Set(this.#acknowledged);
    for (const { operations, index } of this.#notes) if (operations > at) acknowledged.delete(index);
    return new Broker(this.#messages, this.#redelivers, this.#random, { storage, acknowledged });
  }

  source(): SourceDefinition {
    return {
      kind: 'source',
      name: 'broker',
      summary: 'For tests.',
      readsMessages: true,
      fields: [{ name: 'format', summary: 'Decoder.', type: { kind: 'any' }, default: { type: 'lines' } }],
      example: 'type: broker',
      create: () => this.#connection(),
    };
  }

  #connection(): ReturnType<SourceDefinition['create']> {
    const order = this.#deliveries();
    let acknowledged = 0;
    const hasRoom = (given: number, signal: AbortSignal) => given - acknowledged < WINDOW || signal.aborted;
    const deliver = (given: number, outlet: Outlet) => this.#chunk(order, given, outlet);
    const random = this.#random;
    // The positions of an earlier one mean nothing to it.
    const key = `connection ${++connections}`;
    return {
      async *read(outlet, signal): AsyncGenerator<Chunk> {
        for (let given = 0; given < order.length && !signal.aborted; ) {
          for (let turns = random(4); turns > 0; turns--) await turn();
          while (!hasRoom(given, signal)) await turn();
          const { chunk, next } = await deliver(given, outlet);
          given = next;
          yield { ...chunk, resume: { key, position: given } };
        }
      },
      commit: async (positions) => {
        const given = (positions.get(key) as number | undefined) ?? 0;
        for (; acknowledged < given; acknowledged++) {
          const index = order[acknowledged]!;
          this.#acknowledged.add(index);
          this.#notes.push({ operations: this.storage.operations.length, index });
        }
      },
      close: async () => {},
    };
  }

  #deliveries(): number[] {
    const left = [...this.#messages.keys()].filter((index) => !this.#acknowledged.has(index));
    if (this.#redelivers === 'in order') return left;
    // Only what has been delivered can come in another order.
    const again = left.splice(0, WINDOW);
    const shuffled = Array.from(
      { length: again.length },
      () => again.splice(this.#random(again.length), 1)[0]!,
    );
    return [...shuffled, ...left];
  }

  async #chunk(order: readonly number[], from: number, outlet: Outlet) {
    const bytes = (at: number) => Buffer.from(this.#messages[order[at]!]!);
    const meta = (at: number) => JSON.stringify({ id: this.#messages[order[at]!] });
    const writer = await MessageWriter.lend(outlet, bytes(from), meta(from));
    let next = from;
    const most = Math.min(order.length, from + 1 + this.#random(LARGEST_CHUNK));
    while (next < most && writer.add(bytes(next), next, meta(next))) next++;
    return { chunk: writer.chunk({ source: 'in', name: 'queue' }, 1_000), next };
  }
}

/** Of messages in this order, those that a stage passes that knows the last `maxKeys` ids which it has passed. */
function passed(messages: readonly string[], maxKeys: number): string[] {
  let known: string[] = [];
  return messages.filter((id) => {
    if (known.includes(id)) return false;
    known = [...known, id].slice(-maxKeys);
    return true;
  });
}

/** The stream without repeats of ids that are about to be forgotten: what comes again after a crash would come too late. */
function withoutLastMoments(messages: readonly string[], maxKeys: number): string[] {
  let known: string[] = [];
  return messages.filter((id) => {
    const at = known.indexOf(id);
    if (at >= 0) return at + maxKeys - known.length > WINDOW + LARGEST_CHUNK;
    known = [...known, id].slice(-maxKeys);
    return true;
  });
}

const textOf = (ids: readonly string[]) => ids.map((id) => `${id}\n`).join('');

interface Case {
  readonly name: string;
  readonly redelivers: 'in order' | 'shuffled';
  /** More than what can come again unacknowledged. */
  readonly maxKeys: number;
  readonly queue: string;
}

const CASES: readonly Case[] = [
  { name: 'in order', redelivers: 'in order', maxKeys: 1000, queue: '' },
  { name: 'in any order', redelivers: 'shuffled', maxKeys: 1000, queue: '' },
  { name: 'in order, where older ids are forgotten', redelivers: 'in order', maxKeys: 2 * WINDOW, queue: '' },
  { name: 'in any order, behind a queue', redelivers: 'shuffled', maxKeys: 1000, queue: ', queue: disk' },
];

async function run(broker: Broker, { maxKeys, queue }: Case, state: string): Promise<void> {
  const yaml = `
name: once
sources: { in: { type: broker } }
transforms: { once: { type: dedupe, inputs: [in], max_keys: ${maxKeys}${queue} } }
sinks: { out: { type: file, path: ${OUTPUT}, format: lines, inputs: [once] } }
runtime: { state: "${state}", batch: { max_bytes: 4KiB } }`;
  const { storage } = broker;
  const options = { sources: [broker.source()], checkpointMs: 1, arenaBytes: 2 ** 20, storage };
  await (await prepareRun(yaml, 'once.yaml', options)).run();
}

describe.each(CASES)('messages that come again $name', (one) => {
  it.each(seedsOf(`idempotency ${one.name}`, runs(13) * scale()))(
    'are in the output once, wherever the reader crashes between their delivery and their mark (seed %i)',
    async (seed) => {
      const random = uniform(seed);
      const messages = withoutLastMoments(streamOf(random), one.maxKeys);
      const expected = textOf(passed(messages, one.maxKeys));
      const check = (broker: Broker, where: string) => {
        const output = Buffer.from(broker.storage.files.get(OUTPUT) ?? []).toString();
        if (one.redelivers === 'in order') expect(output, where).toBe(expected);
        else expect(counted(output), where).toEqual(counted(expected));
      };
      const state = mkdtempSync(join(tmpdir(), 'millrace-once-'));
      folders.push(state);
      const whole = new Broker(messages, one.redelivers, random);
      await run(whole, one, state);
      check(whole, `seed ${seed}`);
      let before = whole;
      let history = '';
      for (let crash = 0; crash < CRASHES; crash++) {
        // Every other one while the reader comes back from the one before.
        if (crash % 2 === 0) [before, history] = [whole, ''];
        const { operations } = before.storage;
        const at = random(operations.length + 1);
        const damage = DAMAGES[random(DAMAGES.length)]!;
        history += `${damage} at operation ${at} of ${operations.length}; `;
        before = before.afterCrash(at, before.storage.afterCrash(at, damage, seed + crash));
        await run(before, one, state);
        check(before, `seed ${seed}: ${history}`);
      }
    },
    60_000,
  );
});
