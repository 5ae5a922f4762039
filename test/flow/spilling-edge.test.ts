import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Barrier, Inbox, type Spill, type Spilled, SpillingEdge } from '../../src/flow/index.js';
import { runs } from '../support/property.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A spill that takes as many turns as it is told for each item, and counts what it holds. */
class SlowSpill implements Spill<string> {
  held = 0;
  most = 0;
  readonly #turns: () => number;

  constructor(turns: () => number) {
    this.#turns = turns;
  }

  put(item: string): Spilled<string> {
    this.held++;
    this.most = Math.max(this.most, this.held);
    return { stored: this.#wait(), take: () => this.#take(item) };
  }

  async #wait(): Promise<void> {
    for (let left = this.#turns(); left > 0; left--) await turn();
  }

  async #take(item: string): Promise<string> {
    await this.#wait();
    this.held--;
    return item;
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ bytes: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.constant('barrier' as const) },
);

it('keeps the order of items, barriers and the end, and never waits for the receiver', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
      async (steps, pauses) => {
        const pause = () => pauses.next().value as number;
        const inbox = new Inbox<string>({
          name: 'stage',
          maxBytes: 20,
          whenFull: 'block',
          inputs: ['a'],
          onDrop: () => {},
        });
        const spill = new SlowSpill(pause);
        const failures: unknown[] = [];
        const edge = new SpillingEdge(inbox.edge('a'), spill, (error) => failures.push(error));
        const sent: string[] = [];
        // Nothing is received meanwhile: were the sender to wait for that, the test would not end.
        for (const [i, one] of steps.entries()) {
          if (one === 'barrier') edge.barrier({ kind: 'barrier', id: i });
          else expect(await edge.send(`${i}`, one.bytes)).toBe(true);
          sent.push(one === 'barrier' ? `|${i}` : `${i}`);
        }
        edge.end();
        const received: string[] = [];
        for (let next = await inbox.receive(); next; next = await inbox.receive()) {
          received.push(next.kind === 'barrier' ? `|${(next as Barrier).id}` : next.item);
          expect(inbox.edges[0]!.credit.used).toBeLessThanOrEqual(20);
          for (let left = pause(); left > 0; left--) await turn();
          if (next.kind === 'delivery') next.release();
        }
        expect(received).toEqual(sent);
        expect(spill.held).toBe(0);
        expect(failures).toEqual([]);
      },
    ),
    { numRuns: runs(300) },
  );
});

it('uses no spill as long as there is room', async () => {
  const inbox = new Inbox<string>({
    name: 'stage',
    maxBytes: 20,
    whenFull: 'block',
    inputs: ['a'],
    onDrop: () => {},
  });
  const spill = new SlowSpill(() => 0);
  const edge = new SpillingEdge(inbox.edge('a'), spill, () => {});
  await edge.send('1', 10);
  await edge.send('2', 10);
  expect(spill.most).toBe(0);
  await edge.send('3', 10);
  expect(spill.most).toBe(1);
});

it('tells when an item cannot be brought back', async () => {
  const inbox = new Inbox<string>({
    name: 'stage',
    maxBytes: 1,
    whenFull: 'block',
    inputs: ['a'],
    onDrop: () => {},
  });
  const damaged = new Error('damaged');
  const spill = { put: () => ({ stored: Promise.resolve(), take: () => Promise.reject(damaged) }) };
  const failures: unknown[] = [];
  const edge = new SpillingEdge<string>(inbox.edge('a'), spill, (error) => failures.push(error));
  await edge.send('1', 1);
  await edge.send('2', 1);
  const first = await inbox.receive();
  if (first?.kind === 'delivery') first.release();
  while (failures.length === 0) await turn();
  expect(failures).toEqual([damaged]);
});
