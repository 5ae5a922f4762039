// Writes a log, and tells on standard output what it may count on from then on: a line of JSON for each promise. Called as
// `node log-workload.mjs <folder> <seed> <checkpoints: yes | no>`.
import { Random } from '../../dist/src/base/random.js';
import { nodeStorage } from '../../dist/src/base/storage.js';
import { LogWriter } from '../../dist/src/log/index.js';

const [folder, seed, checkpoints] = process.argv.slice(2);
const options = { storage: nodeStorage, folder, segmentBytes: 4096 };
const random = new Random(Number(seed));
const STEPS = 45;

let writer = await LogWriter.open(options, undefined);
let from = 0;
let frames = [];
let promised;

function promise(state, known) {
  promised = { state, from, frames: known };
  process.stdout.write(`${JSON.stringify(promised)}\n`);
}

async function sync() {
  const known = [...frames];
  const { state } = writer;
  await writer.sync();
  promise(state, known);
}

async function append(step) {
  const texts = Array.from(
    { length: 1 + random.below(4) },
    (_, i) => `${step}.${i} ${'x'.repeat(random.below(600))}`,
  );
  const about = { records: 1 + random.below(5), timestampMs: step, kind: 1 };
  const offsets = await Promise.all(texts.map((text) => writer.append(Buffer.from(text), about)));
  frames.push(...texts.map((text, i) => [offsets[i], about.records, text]));
}

await sync();
for (let step = 0; step < STEPS; step++) {
  const choice = random.below(12);
  if (choice < 7) await append(step);
  else if (choice < 10) await sync();
  else if (choice === 10) {
    await sync();
    from += random.below(writer.nextOffset - from + 1);
    promise(writer.state, frames);
    if (random.below(2) === 0) await writer.trim(from);
    else await writer.retain({ bytes: 4096, below: from });
  } else {
    // As after a crash: what was not promised is undone, or found, as the mode has it.
    if (checkpoints === 'no') await sync();
    await writer.close();
    writer = await LogWriter.open(options, checkpoints === 'yes' ? promised.state : undefined);
    frames = [...promised.frames];
  }
}
await writer.close();
