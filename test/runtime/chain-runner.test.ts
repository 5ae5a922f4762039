import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Inbox } from '../../src/flow/index.js';
import type { ChainPlan } from '../../src/plan/index.js';
import { BufferPool } from '../../src/runtime/buffer-pool.js';
import { ChainRunner } from '../../src/runtime/chain-runner.js';
import { bufferOf, type ChainItem, type SinkItem } from '../../src/runtime/items.js';
import { Metrics } from '../../src/runtime/metrics.js';
import { DEAD_LETTERS, type Lanes, type TripRequest, type TripResult } from '../../src/workers/index.js';

const CHUNK_BYTES = 4096;
const node = { stage: 'in', type: 'file', config: {}, onError: 'dead_letter' } as const;
const plan: ChainPlan = {
  id: 'in',
  maxRecords: 1,
  copiesLines: false,
  nodes: [
    { ...node, kind: 'decode', inputs: [] },
    { ...node, kind: 'encode', stage: 'out', inputs: [0] },
  ],
};

/** Lanes whose trips end in an order of the test's choice. A trip's output is its input. */
class ShuffledLanes implements Lanes {
  readonly width = 4;
  readonly #waiting: { request: TripRequest; resolve: (result: TripResult) => void }[] = [];

  run(request: TripRequest): Promise<TripResult> {
    return new Promise((resolve) => this.#waiting.push({ request, resolve }));
  }

  /** Ends one of the trips under way. */
  endOne(pick: number): void {
    const [trip] = this.#waiting.splice(pick % Math.max(1, this.#waiting.length), 1);
    if (!trip) return;
    const { buffer } = trip.request.input as { buffer: ArrayBuffer };
    const output = { kind: 'bytes', node: 1, records: 1, buffer, byteOffset: 0, length: 1 } as const;
    const counts = Float64Array.of(1, 1, 0, 0, 0, 0, 0, 0);
    trip.resolve({ outputs: [output], returned: [], counts, errors: {}, stoppedBy: undefined });
  }

  async close(): Promise<void> {}
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

it('passes outputs and barriers on in the order of arrival, and frees an input when its output was taken', async () => {
  const steps = fc.array(fc.constantFrom('chunk', 'barrier'), { maxLength: 30 });
  const property = fc.asyncProperty(steps, fc.array(fc.nat(), { minLength: 1 }), async (arriving, picks) => {
    const inbox = new Inbox<ChainItem>(inboxOptions('in', 64 * CHUNK_BYTES));
    // Room for two outputs only, so that passing on has to wait for the receiver.
    const out = new Inbox<SinkItem>(inboxOptions('out', 2 * CHUNK_BYTES));
    const lanes = new ShuffledLanes();
    const leaves = new Map([
      [1, out.edge('in')],
      [DEAD_LETTERS, new Inbox<SinkItem>(inboxOptions('dead', 1)).edge('in')],
    ]);
    const metrics = new Metrics(['in', 'out']);
    const pool = new BufferPool(0);
    const runner = new ChainRunner({ plan, index: 0, inbox, lanes, leaves, pool, metrics, onTrip: () => {} });
    const running = runner.run();
    const expected: (number | string)[] = [];
    for (const [id, step] of arriving.entries()) {
      if (step === 'barrier') inbox.edge('in').barrier({ kind: 'barrier', id });
      else await inbox.edge('in').send(chunkOf(id), CHUNK_BYTES);
      expected.push(step === 'barrier' ? `barrier ${id}` : id);
    }
    inbox.edge('in').end();

    const received: (number | string)[] = [];
    const receiving = (async () => {
      for (let arrival = await out.receive(); arrival !== undefined; arrival = await out.receive()) {
        if (arrival.kind === 'barrier') {
          received.push(`barrier ${arrival.id}`);
          continue;
        }
        received.push(new Uint8Array(bufferOf(arrival.item))[0]!);
        arrival.release();
      }
    })();
    for (let turn = 0; received.length < expected.length; turn++) {
      lanes.endOne(picks[turn % picks.length]!);
      await settle();
      const { credit } = inbox.edge('in');
      expect(credit.free + credit.used).toBe(credit.limit);
    }
    await Promise.all([running, receiving]);
    expect(received).toEqual(expected);
    expect(inbox.edge('in').credit.used).toBe(0);
    expect(metrics.stage('in').recordsIn).toBe(arriving.filter((step) => step === 'chunk').length);
  });
  await fc.assert(property, { numRuns: 100 });
});

function inboxOptions(name: string, maxBytes: number) {
  return { name, maxBytes, whenFull: 'block', inputs: ['in'], onDrop: () => {} } as const;
}

function chunkOf(id: number): ChainItem {
  const bytes = new Uint8Array(CHUNK_BYTES);
  bytes[0] = id;
  const partition = { source: 'in', name: 'x' };
  return { kind: 'chunk', chunk: { partition, bytes, offset: 0, readAtMs: 0 } };
}
