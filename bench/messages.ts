/**
 * What does it cost that records are messages, with headers and with an envelope for a sink? The same JSON records in one
 * thread: as lines, as messages, with what is said of each, and to a sink that wants three values of each.
 * Run: npm run build && node dist/bench/messages.js
 */
import { Arena } from '../src/batch/index.js';
import { MessageWriter } from '../src/component/index.js';
import type { ChainPlan, NodePlan } from '../src/plan/index.js';
import { Chain } from '../src/workers/chain.js';
import { inputOfChunk, type TripInput } from '../src/workers/index.js';
import { Random } from './random.js';

const RECORDS = 4000;
const ROUNDS = 9;
const ROUND_MS = 120;

const arena = new Arena(128 * 2 ** 20);
const partition = { source: 'in', name: 'orders/0' };

function recordsOf(random: Random): string[] {
  return Array.from({ length: RECORDS }, (_, n) =>
    JSON.stringify({
      n,
      shop: `shop-${random.below(40)}`,
      total: random.below(100_000) / 100,
      note: 'x'.repeat(random.below(400)),
    }),
  );
}

const node = (kind: NodePlan['kind'], stage: string, rest: Partial<NodePlan>): NodePlan => ({
  ...{ kind, stage, type: kind, config: {}, inputs: [], onError: 'dead_letter' as const },
  ...rest,
});
const decode = node('decode', 'in', {
  ...{ format: { type: 'json' }, framing: 'lines', wantedNames: ['shop', 'total'], wantsAll: true },
});
const map = node('transform', 'map', {
  ...{
    type: 'map',
    inputs: [0],
    config: { set: { big: 'total > 500.0' } },
    wantedNames: ['shop'],
    wantsAll: true,
  },
});
const encode = (envelope?: NodePlan['envelope']): NodePlan =>
  node('encode', 'out', {
    ...{
      inputs: [1],
      format: { type: 'json' },
      shape: { fields: [], open: true },
      ...(envelope && { envelope }),
    },
  });

const ENVELOPE = {
  values: {
    key: { template: '{shop}' },
    id: { template: '{meta.id}' },
    trace: { template: '{meta.headers.trace}' },
  },
};

async function chainTo(leaf: NodePlan): Promise<Chain> {
  const plan: ChainPlan = { id: 'in', nodes: [decode, map, leaf], maxRecords: 65_536, copiesLines: false };
  return await Chain.create(plan, 'bench', arena);
}

function lines(records: readonly string[]): () => TripInput {
  const bytes = Buffer.from(records.map((record) => `${record}\n`).join(''));
  return () => {
    const buffer = new ArrayBuffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    const where = { buffer, byteOffset: 0, length: bytes.length };
    return { kind: 'bytes', ...where, partition, offset: 0, readAtMs: 0 };
  };
}

function messages(records: readonly string[], metaOf: (n: number) => string | undefined): () => TripInput {
  const all = records.map((record, n) => [Buffer.from(record), metaOf(n)] as const);
  const size = all.reduce((sum, [record, meta]) => sum + record.length + 1 + (meta?.length ?? 0), 0);
  return () => {
    const writer = new MessageWriter(new ArrayBuffer(size));
    for (const [n, [record, meta]] of all.entries()) writer.add(record, n, meta);
    return inputOfChunk(writer.chunk(partition, 0));
  };
}

/** Records a second in thousands, of each case in turn: the medians. */
function measure(cases: readonly (() => void)[]): number[] {
  const rates = cases.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, run] of cases.entries()) {
      const startMs = performance.now();
      let trips = 0;
      for (; performance.now() - startMs < ROUND_MS; trips++) run();
      rates[i]!.push((trips * RECORDS) / (performance.now() - startMs));
    }
  }
  return rates.map((list) => list.slice(1).sort((a, b) => a - b)[ROUNDS >> 1]!);
}

async function main(): Promise<void> {
  const records = recordsOf(new Random(42));
  const plain = await chainTo(encode());
  const enveloped = await chainTo(encode(ENVELOPE));
  const meta = (n: number) => JSON.stringify({ key: `k${n}`, headers: { trace: `trace-${n * 7919}` } });
  const inputs = {
    lines: lines(records),
    bare: messages(records, () => undefined),
    said: messages(records, meta),
  };
  const trip = (chain: Chain, input: () => TripInput) => () =>
    void chain.run({ chain: 0, input: input(), spares: [] }, 0);
  const names = [
    'lines',
    'messages',
    'messages with meta',
    'lines to an envelope',
    'messages with meta to an envelope',
    'writing messages with meta alone',
  ];
  const rates = measure([
    trip(plain, inputs.lines),
    trip(plain, inputs.bare),
    trip(plain, inputs.said),
    trip(enveloped, inputs.lines),
    trip(enveloped, inputs.said),
    () => void inputs.said(),
  ]);
  process.stdout.write(`${'thousand records/s'.padEnd(38)}${'rate'.padStart(8)}${'of lines'.padStart(10)}\n`);
  for (const [i, name] of names.entries()) {
    const share = (rates[i]! / rates[0]!).toFixed(2);
    process.stdout.write(`${name.padEnd(38)}${rates[i]!.toFixed(0).padStart(8)}${share.padStart(10)}\n`);
  }
}

await main();
