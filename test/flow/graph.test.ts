import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Barrier, type Delivery, type Edge, Inbox } from '../../src/flow/index.js';
import { runs } from '../support/property.js';

/** A graph of stages in topological order: a node's inputs are earlier nodes; one without inputs is a source. */
interface Plan {
  readonly seed: number;
  readonly nodes: readonly {
    readonly inputs: readonly number[];
    readonly maxBytes: number;
    readonly lanes: number;
    readonly slowness: number;
  }[];
  readonly itemsPerSource: number;
  readonly barriers: number;
}

interface Item {
  readonly source: number;
  readonly index: number;
  /** The nodes that it went through. */
  readonly path: string;
  readonly bytes: number;
}

const LARGEST = 40;

const plans: fc.Arbitrary<Plan> = fc
  .record({ size: fc.integer({ min: 2, max: 12 }), seed: fc.nat() })
  .chain(({ size, seed }) =>
    fc.record({
      seed: fc.constant(seed),
      nodes: fc.tuple(
        ...Array.from({ length: size }, (_, node) =>
          fc.record({
            inputs:
              node === 0
                ? fc.constant([])
                : fc.uniqueArray(fc.nat(node - 1), { minLength: node === 1 ? 1 : 0, maxLength: 3 }),
            maxBytes: fc.integer({ min: 3, max: 60 }),
            lanes: fc.integer({ min: 1, max: 3 }),
            slowness: fc.nat(4),
          }),
        ),
      ),
      itemsPerSource: fc.integer({ min: 0, max: 9 }),
      barriers: fc.nat(4),
    }),
  );

/** Runs whoever waits for a turn, one at a time, in an order that the seed decides. */
class Scheduler {
  readonly #waiting: (() => void)[] = [];
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Marsaglia's xorshift32 (2003). */
  random(below: number): number {
    let x = this.#state || 0x9e3779b9;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % below;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.turn();
  }

  shuffled<T>(values: readonly T[]): T[] {
    const left = [...values];
    return values.map(() => left.splice(this.random(left.length), 1)[0]!);
  }

  /** False when nobody wants a turn although `running` has not ended: they wait for each other. */
  async run(running: Promise<unknown>, afterEach: () => void): Promise<boolean> {
    let ended = false;
    running.then(() => {
      ended = true;
    });
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      afterEach();
      if (ended) return true;
      if (this.#waiting.length === 0) return false;
      this.#waiting.splice(this.random(this.#waiting.length), 1)[0]!();
    }
  }
}

class Graph {
  readonly inboxes: (Inbox<Item> | undefined)[];
  /** What each sink saw, in order. */
  readonly seen = new Map<number, (Item | Barrier)[]>();
  readonly #plan: Plan;
  readonly #scheduler: Scheduler;
  readonly #outputs: Edge<Item>[][];
  /** How many items source `s` had sent before barrier `id`. */
  readonly cuts = new Map<string, number>();

  constructor(plan: Plan, scheduler: Scheduler) {
    this.#plan = plan;
    this.#scheduler = scheduler;
    this.inboxes = plan.nodes.map(({ inputs, maxBytes }, node) => {
      if (inputs.length === 0) return undefined;
      const names = inputs.map(String);
      return new Inbox({
        name: String(node),
        maxBytes,
        whenFull: 'block',
        inputs: names,
        onDrop: () => {
          throw new Error('nothing is dropped here');
        },
      });
    });
    this.#outputs = plan.nodes.map((_, node) =>
      plan.nodes.flatMap(({ inputs }, to) =>
        inputs.includes(node) ? [this.inboxes[to]!.edge(String(node))] : [],
      ),
    );
  }

  run(): Promise<unknown> {
    return Promise.all(
      this.#plan.nodes.map((_, node) => (this.inboxes[node] ? this.#stage(node) : this.#source(node))),
    );
  }

  async #source(node: number): Promise<void> {
    const { itemsPerSource, barriers, nodes } = this.#plan;
    let nextBarrier = 1;
    for (let index = 0; index <= itemsPerSource; index++) {
      while (nextBarrier <= barriers && (index === itemsPerSource || this.#scheduler.random(4) === 0)) {
        this.cuts.set(`${node} ${nextBarrier}`, index);
        for (const edge of this.#outputs[node]!) edge.barrier({ kind: 'barrier', id: nextBarrier });
        nextBarrier++;
        await this.#scheduler.turns(this.#scheduler.random(3));
      }
      if (index === itemsPerSource) break;
      await this.#scheduler.turns(this.#scheduler.random(nodes[node]!.slowness + 1));
      const bytes = this.#scheduler.random(LARGEST + 1);
      await this.#read({ source: node, index, path: String(node), bytes }, this.#outputs[node]!);
    }
    for (const edge of this.#outputs[node]!) edge.end();
  }

  /** Sends to every output, having reserved room for more than it turns out to be on all of them. */
  async #read(item: Item, outputs: readonly Edge<Item>[]): Promise<void> {
    const reservations = [];
    for (const edge of outputs) reservations.push(await edge.reserve(item.bytes + this.#scheduler.random(5)));
    await this.#scheduler.turn();
    for (const reservation of reservations) reservation.send(item, item.bytes);
  }

  async #stage(node: number): Promise<void> {
    const inbox = this.inboxes[node]!;
    const { lanes } = this.#plan.nodes[node]!;
    const seen: (Item | Barrier)[] = [];
    if (this.#outputs[node]!.length === 0) this.seen.set(node, seen);
    let inLanes: Promise<void>[] = [];
    let sent: Promise<void> = Promise.resolve();
    for (let next = await inbox.receive(); next !== undefined; next = await inbox.receive()) {
      if (next.kind === 'barrier') {
        await sent;
        seen.push(next);
        for (const edge of this.#outputs[node]!) edge.barrier(next);
        continue;
      }
      const work = this.#work(node, next, sent, seen);
      sent = work;
      inLanes.push(work);
      if (inLanes.length >= lanes) {
        await inLanes[0];
        inLanes = inLanes.slice(1);
      }
    }
    await sent;
    for (const edge of this.#outputs[node]!) edge.end();
  }

  /** A lane works on its own and passes on when the one before it has. */
  async #work(node: number, delivery: Delivery<Item>, before: Promise<void>, seen: (Item | Barrier)[]) {
    await this.#scheduler.turns(this.#scheduler.random(this.#plan.nodes[node]!.slowness + 1));
    await before;
    const item = { ...delivery.item, path: `${delivery.item.path} ${node}` };
    seen.push(item);
    for (const edge of this.#scheduler.shuffled(this.#outputs[node]!)) {
      await edge.send(item, item.bytes);
      if (this.#scheduler.random(2) === 0) await this.#scheduler.turn();
    }
    delivery.release();
  }
}

function checkEdges(graph: Graph): void {
  for (const inbox of graph.inboxes) {
    for (const { credit, queuedBytes } of inbox?.edges ?? []) {
      if (credit.free + credit.used !== credit.limit || credit.free < 0)
        throw new Error('credit is not conserved');
      if (queuedBytes > Math.max(credit.limit, LARGEST)) throw new Error('a queue holds more than its limit');
    }
    const bound = (inbox?.edges ?? []).reduce((sum, { credit }) => sum + Math.max(credit.limit, LARGEST), 0);
    if (inbox && inbox.gauges.queuedBytes + inbox.gauges.inDeliveryBytes > bound) {
      throw new Error('a stage holds more than its limit');
    }
  }
}

/** All ways from a source to `node`. */
function pathsTo(plan: Plan, node: number): string[] {
  const { inputs } = plan.nodes[node]!;
  if (inputs.length === 0) return [String(node)];
  return inputs.flatMap((input) => pathsTo(plan, input).map((path) => `${path} ${node}`));
}

/** On every way a sink sees the source's items in order, and at each barrier exactly those that were before it. */
function checkSink(plan: Plan, graph: Graph, sink: number): void {
  const next = new Map(pathsTo(plan, sink).map((path) => [path, 0]));
  let barriers = 0;
  for (const seen of graph.seen.get(sink)!) {
    if ('kind' in seen) {
      expect(seen.id).toBe(++barriers);
      for (const [path, index] of next)
        expect(index).toBe(graph.cuts.get(`${path.split(' ')[0]} ${seen.id}`));
    } else {
      expect(seen.index).toBe(next.get(seen.path));
      next.set(seen.path, seen.index + 1);
    }
  }
  expect(barriers).toBe(plan.barriers);
  for (const index of next.values()) expect(index).toBe(plan.itemsPerSource);
}

it('any graph runs to its end, within its memory, with every barrier between the right items', async () => {
  const property = fc.asyncProperty(plans, async (plan) => {
    const scheduler = new Scheduler(plan.seed);
    const graph = new Graph(plan, scheduler);
    const finished = await scheduler.run(graph.run(), () => checkEdges(graph));
    expect(finished).toBe(true);
    for (const sink of graph.seen.keys()) checkSink(plan, graph, sink);
  });
  await fc.assert(property, { numRuns: runs(300) });
});
