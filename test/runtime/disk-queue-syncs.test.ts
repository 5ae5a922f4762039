import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { SourceDefinition } from '../../src/component/index.js';
import { CrashStorage } from '../support/crash-storage.js';
import { runs } from '../support/property.js';
import { numbersSource } from '../support/random-graph.js';
import { prepareRun } from '../support/run-pipeline.js';
import { syncedAgain } from '../support/synced-again.js';
import { scale } from '../torture/seeds.js';

const folders: string[] = [];
function temporaryFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'millrace-syncs-')));
  return folders.at(-1)!;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const RECORDS = 60;
const OUTPUT = '/simulated/out.log';
const ALL = Array.from({ length: RECORDS }, (_, n) => `in ${String(n).padStart(4, '0')}\n`).join('');
const MODES = ['always', 'checkpoint'] as const;

/** Gives a record at a time, no more than `window` of them before they are acknowledged, and forgets what was acknowledged. */
class Broker {
  acknowledged = 0;
  onAcknowledged: () => void = () => {};
  readonly #window: number;
  #given = 0;
  #signal: AbortSignal | undefined;

  constructor(window = 10) {
    this.#window = window;
  }

  source(): SourceDefinition {
    const numbers = numbersSource(
      RECORDS,
      () => 0,
      () => this.#room(),
    );
    return {
      ...numbers,
      create: (config, context) => {
        const own = numbers.create(config, context);
        return {
          ...own,
          read: (outlet, signal, from) => {
            const known = (from.get('all') as number | undefined) ?? 0;
            this.#signal = signal;
            this.#given = Math.max(known, this.acknowledged);
            return own.read(outlet, signal, new Map([['all', this.#given]]));
          },
          commit: async (positions) => {
            this.acknowledged = (positions.get('all') as number | undefined) ?? 0;
            this.onAcknowledged();
          },
        };
      },
    };
  }

  async #room(): Promise<void> {
    while (this.#given - this.acknowledged >= this.#window && !this.#signal!.aborted) await turn();
    this.#given++;
  }
}

interface Run {
  readonly storage: CrashStorage;
  readonly state: string;
  readonly mode: (typeof MODES)[number];
  readonly broker: Broker;
  readonly checkpointMs?: number;
}

async function run({ storage, state, mode, broker, checkpointMs = 1 }: Run): Promise<void> {
  const yaml = `
name: synced
sources: { in: { type: numbers } }
sinks: { out: { type: file, path: ${OUTPUT}, format: lines, inputs: [in], queue: { type: disk, sync: ${mode} } } }
runtime: { state: "${state}", batch: { max_bytes: 4KiB } }`;
  const options = { sources: [broker.source()], checkpointMs, arenaBytes: 2 ** 20, storage };
  await (await prepareRun(yaml, 'synced.yaml', options)).run();
}

const outputOn = (storage: CrashStorage) => Buffer.from(storage.files.get(OUTPUT) ?? []).toString();

/** What happens to the segments of the queue. */
function segmentCalls({ operations }: CrashStorage, kind: 'write' | 'sync'): number {
  return operations.filter((one) => one.kind === kind && /\/queues?\/.*\.log/.test(one.path)).length;
}

describe('a record on its way into a disk queue', () => {
  it.each(MODES)('is acknowledged when no loss of power can take it any more (sync: %s)', async (mode) => {
    const storage = new CrashStorage();
    const state = temporaryFolder();
    const broker = new Broker();
    const moments: { readonly operations: number; readonly acknowledged: number }[] = [];
    broker.onAcknowledged = () =>
      moments.push({ operations: storage.operations.length, acknowledged: broker.acknowledged });
    await run({ storage, state, mode, broker });
    expect(outputOn(storage)).toBe(ALL);
    expect(moments.length).toBeGreaterThanOrEqual(RECORDS / 10);
    for (const { operations, acknowledged } of moments) {
      const lost = storage.afterCrash(operations, 'all_lost', operations);
      const later = new Broker();
      later.acknowledged = acknowledged;
      await run({ storage: lost, state, mode, broker: later });
      expect(outputOn(lost), `${acknowledged} were acknowledged`).toBe(ALL);
    }
  });

  it('is synced without a checkpoint where the queue always does, and shares the sync with others', async () => {
    const syncs = { always: 0, checkpoint: 0 };
    for (const mode of MODES) {
      const storage = new CrashStorage();
      storage.latency = async () => {
        for (let turns = 0; turns < 100; turns++) await turn();
      };
      const broker = new Broker(Number.POSITIVE_INFINITY);
      await run({ storage, state: temporaryFolder(), mode, broker, checkpointMs: 3_600_000 });
      expect(outputOn(storage)).toBe(ALL);
      expect(segmentCalls(storage, 'write')).toBeGreaterThan(RECORDS);
      syncs[mode] = segmentCalls(storage, 'sync');
    }
    expect(syncs.always).toBeGreaterThan(syncs.checkpoint);
    expect(syncs.always).toBeLessThan(RECORDS / 2);
  });
});

describe.each(MODES)('a sync of a disk queue that fails (sync: %s)', (mode) => {
  it('acknowledges nothing, and is never made again of that file; the next run has every record once', async () => {
    const undisturbed = new CrashStorage();
    await run({ storage: undisturbed, state: temporaryFolder(), mode, broker: new Broker() });
    const calls = undisturbed.callsOf(['datasync']);
    const cases = Math.min(calls, runs(10) * scale());
    const codes = new Set<string>();
    for (let i = 0; i < cases; i++) {
      const at = Math.floor((i * calls) / cases);
      const storage = new CrashStorage(new Map(), [{ at, code: 'EIO', kinds: ['datasync'] }]);
      const state = temporaryFolder();
      const broker = new Broker();
      const failure = await run({ storage, state, mode, broker }).catch((error: unknown) => error);
      if (failure !== undefined) codes.add((failure as { code: string }).code);
      // How many syncs a run makes depends on its checkpoints: its turn may not have come.
      storage.faults = [];

      const lost = storage.afterCrash(storage.operations.length, 'all_lost', at);
      const other = new Broker();
      other.acknowledged = broker.acknowledged;

      await run({ storage, state, mode, broker });
      expect(outputOn(storage), `sync ${at}`).toBe(ALL);
      const segments = syncedAgain(storage).filter((path) => path.includes('/queues/'));
      expect(segments, `sync ${at}`).toEqual([]);

      await run({ storage: lost, state, mode, broker: other });
      expect(outputOn(lost), `sync ${at}, power lost`).toBe(ALL);
      const later = storage.afterCrash(storage.operations.length, 'all_lost', at);
      await run({ storage: later, state, mode, broker });
      expect(outputOn(later), `sync ${at}, power lost later`).toBe(ALL);
    }
    expect([...codes]).toContain('log_sync_failed');
  });
});
