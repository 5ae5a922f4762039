// How fast is one thread at decoding NDJSON? `node dist/bench/json-decode.js [MiB] [rounds]` prints the median and the best of
// the rounds, after a warm-up in which the kernels are optimized.
import { Arena, type Records } from '../src/batch/index.js';
import { frame } from '../src/formats/frame.js';
import { JSON_FORMAT } from '../src/formats/json/index.js';
import { appLog } from './app-log.js';
import { Random } from './random.js';
import { MatchCounter } from './truth.js';

const BATCH_BYTES = 1024 * 1024;
const arena = new Arena(64 * 1024 * 1024);
const WARM_UP_BATCHES = 50;
const partition = { source: 'bench', name: 'bench' };

/** About `size` bytes of log lines. */
function logLines(size: number): Uint8Array {
  const nextLine = appLog(new Random(1), new MatchCounter());
  let text = '';
  while (text.length < size) text += nextLine();
  return new TextEncoder().encode(text);
}

/** Places the chunk and cuts it into records. */
function place(chunk: Uint8Array): Records {
  const address = arena.place(chunk);
  return frame(arena, 'lines', address, address + chunk.length, chunk.length, 1).records;
}

const megabytes = Number(process.argv[2] ?? 256);
const rounds = Number(process.argv[3] ?? 5);
const chunk = logLines(BATCH_BYTES);
const decoder = JSON_FORMAT.decoder!.create({ type: 'json' });

for (const [label, wanted] of [
  ['all, looking into level', { names: new Set(['level']), all: true }],
  ['all, looking into nothing', { names: new Set<string>(), all: true }],
  [
    'five fields only',
    { names: new Set(['timestamp', 'level', 'service', 'message', 'request']), all: false },
  ],
] as const) {
  const figures: number[] = [];
  for (let batch = 0; batch < WARM_UP_BATCHES; batch++) {
    arena.reset();
    decoder.decode(arena, place(chunk), wanted, partition, 0);
  }
  for (let round = 0; round < rounds; round++) {
    let decodeMs = 0;
    const batches = Math.ceil((megabytes * 1024 * 1024) / rounds / chunk.length);
    for (let batch = 0; batch < batches; batch++) {
      arena.reset();
      const records = place(chunk);
      const start = performance.now();
      const { refused } = decoder.decode(arena, records, wanted, partition, 0);
      decodeMs += performance.now() - start;
      if (refused.length > 0) throw new Error(`refused: ${refused[0]!.message}`);
    }
    figures.push((batches * chunk.length) / 1e6 / (decodeMs / 1000));
  }
  figures.sort((a, b) => a - b);
  console.log(
    `${label}: median ${Math.round(figures[Math.floor(rounds / 2)]!)} MB/s, best ${Math.round(figures.at(-1)!)} MB/s`,
  );
}
