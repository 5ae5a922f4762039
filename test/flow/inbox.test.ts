import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Barrier, type Delivery, Inbox, type WhenFull } from '../../src/flow/index.js';
import { runs } from '../support/property.js';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function inboxOf(inputs: string[], maxBytes: number, whenFull: WhenFull = 'block') {
  const dropped: string[] = [];
  const onDrop = (item: string, input: string) => dropped.push(`${input}:${item}`);
  return { inbox: new Inbox<string>({ name: 'stage', maxBytes, whenFull, inputs, onDrop }), dropped };
}

const barrier = (id: number): Barrier => ({ kind: 'barrier', id });

/** What came, in short: the item, `|1` for a barrier, undefined for the end. */
function shown(received: Delivery<string> | Barrier | undefined): string | undefined {
  if (received?.kind === 'barrier') return `|${received.id}`;
  received?.release();
  return received?.item;
}

async function drain(inbox: Inbox<string>): Promise<string[]> {
  const all: string[] = [];
  for (let next = shown(await inbox.receive()); next !== undefined; next = shown(await inbox.receive())) {
    all.push(next);
  }
  return all;
}

describe('Inbox', () => {
  it('delivers in the order of arrival across its edges, then ends', async () => {
    const { inbox } = inboxOf(['a', 'b'], 100);
    await inbox.edge('a').send('1', 5);
    await inbox.edge('b').send('2', 5);
    await inbox.edge('a').send('3', 5);
    inbox.edge('a').end();
    inbox.edge('b').end();
    expect(await drain(inbox)).toEqual(['1', '2', '3']);
    expect(await inbox.receive()).toBeUndefined();
  });

  it('divides its bytes evenly over the edges', () => {
    const { inbox } = inboxOf(['a', 'b', 'c'], 100);
    expect(inbox.edges.map((edge) => edge.credit.limit)).toEqual([33, 33, 33]);
  });

  it('makes a sender wait until the work has left the stage', async () => {
    const { inbox } = inboxOf(['a'], 10);
    await inbox.edge('a').send('1', 10);
    let sent = false;
    const second = inbox.edge('a').send('2', 10);
    second.then(() => {
      sent = true;
    });
    const first = (await inbox.receive()) as Delivery<string>;
    await settled();
    expect(sent).toBe(false);
    expect(inbox.gauges).toMatchObject({ queuedItems: 0, inDeliveryBytes: 10, waitingSenders: 1 });
    first.release();
    expect(await second).toBe(true);
    expect(inbox.gauges).toMatchObject({ queuedItems: 1, queuedBytes: 10, inDeliveryBytes: 0, items: 2 });
  });

  it('refuses a second release, a second receiver, and what follows the end', async () => {
    const { inbox } = inboxOf(['a'], 10);
    await inbox.edge('a').send('1', 10);
    const delivery = (await inbox.receive()) as Delivery<string>;
    delivery.release();
    expect(() => delivery.release()).toThrow('released twice');
    const waiting = inbox.receive();
    expect(() => inbox.receive()).toThrow('received from twice');
    inbox.edge('a').end();
    expect(await waiting).toBeUndefined();
    expect(() => inbox.edge('a').send('2', 1)).toThrow('after its end');
    expect(() => inbox.edge('x')).toThrow('the inbox of "stage" has no input "x"');
    expect(() => inboxOf(['a', 'a'], 10)).toThrow('different names');
  });

  it('keeps a barrier and the end behind sends that wait', async () => {
    const { inbox } = inboxOf(['a'], 10);
    const edge = inbox.edge('a');
    const sends = [edge.send('1', 8), edge.send('2', 8), edge.send('3', 8)];
    edge.barrier(barrier(1));
    edge.end();
    expect(await drain(inbox)).toEqual(['1', '2', '3', '|1']);
    expect(await Promise.all(sends)).toEqual([true, true, true]);
  });

  it('lets a barrier pass a reservation that waits', async () => {
    const { inbox } = inboxOf(['a'], 10);
    const edge = inbox.edge('a');
    await edge.send('1', 10);
    const reserving = edge.reserve(10);
    edge.barrier(barrier(1));
    const first = (await inbox.receive()) as Delivery<string>;
    expect(shown(await inbox.receive())).toBe('|1');
    first.release();
    expect((await reserving).send('2', 3)).toBe(true);
    edge.end();
    expect(await drain(inbox)).toEqual(['2']);
  });

  it('aligns a barrier: holds an edge back until all others have it or have ended', async () => {
    const { inbox } = inboxOf(['a', 'b', 'c'], 300);
    const [a, b, c] = inbox.edges;
    await a!.send('a1', 1);
    a!.barrier(barrier(1));
    await a!.send('a2', 1);
    await b!.send('b1', 1);
    await c!.send('c1', 1);
    c!.end();
    expect([await inbox.receive(), await inbox.receive(), await inbox.receive()].map(shown)).toEqual([
      'a1',
      'b1',
      'c1',
    ]);
    let next: string | undefined;
    const receiving = inbox.receive().then((received) => {
      next = shown(received);
    });
    await settled();
    expect(next).toBeUndefined();
    b!.barrier(barrier(1));
    await receiving;
    expect(next).toBe('|1');
    a!.end();
    b!.end();
    expect(await drain(inbox)).toEqual(['a2']);
  });

  it('refuses barriers that are not the same', async () => {
    const { inbox } = inboxOf(['a', 'b'], 10);
    inbox.edge('a').barrier(barrier(1));
    inbox.edge('b').barrier(barrier(2));
    await expect(async () => inbox.receive()).rejects.toThrow('barrier 2 from "b" where 1 was due');
  });

  it('reserves first and settles the difference when the size is known', async () => {
    const { inbox } = inboxOf(['a'], 100);
    const edge = inbox.edge('a');
    const smaller = await edge.reserve(60);
    expect(edge.credit.used).toBe(60);
    smaller.send('1', 20);
    expect(edge.credit.used).toBe(20);
    const larger = await edge.reserve(30);
    larger.send('2', 500);
    expect(edge.credit.used).toBe(100);
    expect(edge.queuedBytes).toBe(520);
    expect(() => larger.cancel()).toThrow('used twice');
    edge.end();
    expect(await drain(inbox)).toEqual(['1', '2']);
    expect(edge.credit.used).toBe(0);
  });

  it('gives a cancelled reservation back, and forgets one that was aborted', async () => {
    const { inbox } = inboxOf(['a'], 10);
    const edge = inbox.edge('a');
    const reservation = await edge.reserve(10);
    const abort = new AbortController();
    const waiting = edge.reserve(5, abort.signal);
    abort.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    reservation.cancel();
    expect([edge.credit.free, edge.waitingSenders]).toEqual([10, 0]);
  });

  it('drop_newest drops what does not fit', async () => {
    const { inbox, dropped } = inboxOf(['a'], 10, 'drop_newest');
    const edge = inbox.edge('a');
    expect(await edge.send('1', 6)).toBe(true);
    expect(await edge.send('2', 6)).toBe(false);
    expect(await edge.send('3', 4)).toBe(true);
    expect((await edge.reserve(99)).send('4', 1)).toBe(false);
    expect(dropped).toEqual(['a:2', 'a:4']);
    expect(edge.totals).toEqual({ items: 4, bytes: 17, dropped: 2, droppedBytes: 7 });
    edge.end();
    expect(await drain(inbox)).toEqual(['1', '3']);
  });

  it('drop_oldest drops the oldest that are still queued, past barriers, and the newest when those are not enough', async () => {
    const { inbox, dropped } = inboxOf(['a'], 10, 'drop_oldest');
    const edge = inbox.edge('a');
    await edge.send('1', 4);
    const first = (await inbox.receive()) as Delivery<string>;
    await edge.send('2', 3);
    edge.barrier(barrier(1));
    await edge.send('3', 3);
    expect(await edge.send('4', 4)).toBe(true);
    expect(dropped).toEqual(['a:2', 'a:3']);
    expect(await edge.send('5', 10)).toBe(false);
    expect(dropped).toEqual(['a:2', 'a:3', 'a:5']);
    first.release();
    edge.end();
    expect(await drain(inbox)).toEqual(['|1', '4']);
  });

  it('rejects everyone when it fails, and still takes releases', async () => {
    const { inbox } = inboxOf(['a', 'b'], 20);
    await inbox.edge('a').send('1', 10);
    const delivery = (await inbox.receive()) as Delivery<string>;
    const receiving = inbox.receive();
    const sending = inbox.edge('a').send('2', 10);
    const reservation = await inbox.edge('b').reserve(10);
    const reserving = inbox.edge('b').reserve(10);
    inbox.fail(new Error('torn down'));
    for (const waiting of [receiving, sending, reserving, inbox.receive(), inbox.edge('a').send('3', 1)]) {
      await expect(waiting).rejects.toThrow('torn down');
    }
    expect(() => reservation.send('4', 1)).toThrow('torn down');
    delivery.release();
    expect(inbox.edges.map((edge) => edge.credit.used)).toEqual([0, 0]);
  });

  it('stops waiting when its signal aborts, and can be received from again', async () => {
    const { inbox } = inboxOf(['a'], 10);
    const abort = new AbortController();
    const receiving = inbox.receive(abort.signal);
    abort.abort(new Error('stopped'));
    await expect(receiving).rejects.toThrow('stopped');
    await inbox.edge('a').send('1', 1);
    expect(shown(await inbox.receive())).toBe('1');
  });
});

/** The largest item of any schedule, larger than many a queue. */
const LARGEST = 20;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('send' as const), edge: fc.nat(2), bytes: fc.nat(LARGEST) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reserve' as const), edge: fc.nat(2), bytes: fc.nat(LARGEST) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('use' as const), which: fc.nat(), bytes: fc.nat(LARGEST) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }) },
  { weight: 4, arbitrary: fc.constant({ do: 'receive' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'barrier' as const }) },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Drives an inbox by any steps and knows what must come of them. */
class Harness {
  readonly inbox: Inbox<string>;
  readonly dropped: string[];
  readonly delivered: string[] = [];
  readonly barriers: number[] = [];
  sent = 0;
  barriersSent = 0;
  receiving = false;
  ended = false;
  readonly #reservations: { use(bytes: number): void; cancel(): void }[] = [];
  readonly #deliveries: Delivery<string>[] = [];
  #blockedSends = 0;
  /** Bytes that reserved items had beyond their reservation. */
  #unpaidBytes = 0;

  constructor(
    readonly names: string[],
    maxBytes: number,
    whenFull: WhenFull,
  ) {
    ({ inbox: this.inbox, dropped: this.dropped } = inboxOf(names, maxBytes, whenFull));
  }

  do(step: Step): void {
    if (step.do === 'send') this.#send(this.names[step.edge % this.names.length]!, step.bytes);
    else if (step.do === 'reserve') this.#reserve(this.names[step.edge % this.names.length]!, step.bytes);
    else if (step.do === 'use') pick(this.#reservations, step.which)?.use(step.bytes);
    else if (step.do === 'cancel') pick(this.#reservations, step.which)?.cancel();
    else if (step.do === 'release') pick(this.#deliveries, step.which)?.release();
    else if (step.do === 'receive') this.receive();
    else {
      const id = ++this.barriersSent;
      for (const edge of this.inbox.edges) edge.barrier(barrier(id));
    }
  }

  receive(): void {
    if (this.receiving) return;
    this.receiving = true;
    this.inbox.receive().then((received) => {
      this.receiving = false;
      if (received === undefined) this.ended = true;
      else if (received.kind === 'barrier') this.barriers.push(received.id);
      else {
        this.#deliveries.push(received);
        this.delivered.push(`${received.input}:${received.item}`);
      }
    });
  }

  /** Gives back everything that is in hand. */
  letGo(): void {
    for (const reservation of this.#reservations.splice(0)) reservation.cancel();
    for (const delivery of this.#deliveries.splice(0)) delivery.release();
  }

  check(): void {
    const gauges = this.inbox.gauges;
    expect(gauges.items).toBe(this.sent - this.#blockedSends);
    expect(gauges.dropped).toBe(this.dropped.length);
    expect(gauges.items).toBe(this.delivered.length + this.dropped.length + gauges.queuedItems);
    expect(gauges.inDeliveryBytes).toBe(this.#deliveries.reduce((sum, { bytes }) => sum + bytes, 0));
    for (const { credit, queuedBytes } of this.inbox.edges) {
      expect(credit.free + credit.used).toBe(credit.limit);
      expect(credit.free).toBeGreaterThanOrEqual(0);
      expect(queuedBytes - this.#unpaidBytes).toBeLessThanOrEqual(Math.max(credit.limit, LARGEST));
    }
  }

  #send(name: string, bytes: number): void {
    this.#blockedSends++;
    this.inbox
      .edge(name)
      .send(`sent ${this.sent++}`, bytes)
      .then(() => this.#blockedSends--);
  }

  #reserve(name: string, bytes: number): void {
    this.inbox
      .edge(name)
      .reserve(bytes)
      .then((reservation) => {
        const use = (actual: number) => {
          this.#unpaidBytes += Math.max(0, actual - bytes);
          reservation.send(`reserved ${this.sent++}`, actual);
        };
        this.#reservations.push({ use, cancel: () => reservation.cancel() });
      });
  }
}

const pick = <T>(from: T[], which: number) => from.splice(which % (from.length || 1), 1)[0];

describe.each(['block', 'drop_newest', 'drop_oldest'] as const)('any schedule, %s', (whenFull) => {
  it('keeps limit = free + used on every edge, keeps each edge in order, and counts every item once', async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 3, max: 40 }),
      fc.array(step, { maxLength: 80 }),
      async (edgeCount, maxBytes, steps) => {
        const names = ['a', 'b', 'c'].slice(0, edgeCount);
        const harness = new Harness(names, maxBytes, whenFull);
        for (const each of steps) {
          harness.do(each);
          await settled();
          harness.check();
        }
        while (harness.inbox.gauges.queuedItems + harness.inbox.gauges.waitingSenders > 0) {
          harness.letGo();
          harness.receive();
          await settled();
          harness.check();
        }
        for (const edge of harness.inbox.edges) edge.end();
        while (!harness.ended) {
          harness.letGo();
          harness.receive();
          await settled();
        }
        harness.letGo();
        expect(harness.inbox.edges.map((edge) => edge.credit.used)).toEqual(names.map(() => 0));
        expect(harness.barriers).toEqual(Array.from({ length: harness.barriersSent }, (_, i) => i + 1));
        expect([...harness.delivered, ...harness.dropped]).toHaveLength(harness.sent);
        expect(new Set([...harness.delivered, ...harness.dropped]).size).toBe(harness.sent);
        for (const name of names) {
          const inOrder = harness.delivered
            .filter((item) => item.startsWith(`${name}:sent`))
            .map((item) => Number(item.split(' ')[1]));
          expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
        }
      },
    );
    await fc.assert(property, { numRuns: runs(150) });
  });
});
