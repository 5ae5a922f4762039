/**
 * What does a disk queue cost? Lines of 300 bytes from file to file, through a queue in memory and through others, as whole processes
 * one after the other in rounds; how long a run takes to begin with much in its log; and how long it takes to read that log again.
 * `node dist/bench/disk-queue.js [--size 1GiB] [--runs 3] [--retained 2GiB]`
 */
import { once } from 'node:events';
import { createWriteStream, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatSize, parseSize } from '../src/base/units.js';
import { DATA_FOLDER, ROOT } from './folders.js';
import { type Measurement, measure, median } from './measure.js';

const FOLDER = `${DATA_FOLDER}/disk-queue`;
const INPUT = `${FOLDER}/lines.log`;
const OUTPUT = `${FOLDER}/out.log`;
const STATE = `${FOLDER}/state`;
const LINE_BYTES = 300;

const QUEUES: Readonly<Record<string, string>> = {
  memory: 'type: memory',
  'memory, when_full: spill': 'type: memory, when_full: spill',
  disk: 'type: disk',
  'disk, sync: always': 'type: disk, sync: always',
  'disk, 4 partitions': 'type: disk, partitions: 4, key: "message.substring(0, 9)"',
};

async function writeInput(bytes: number): Promise<void> {
  const stream = createWriteStream(INPUT);
  const lines = Math.floor(bytes / LINE_BYTES);
  for (let at = 0; at < lines; at += 4096) {
    const block = Array.from({ length: Math.min(4096, lines - at) }, (_, i) =>
      `${String(at + i).padStart(9, '0')} `.padEnd(
        LINE_BYTES - 1,
        'the quick brown fox jumps over the lazy dog ',
      ),
    );
    if (!stream.write(`${block.join('\n')}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}

const PIPELINE = `${FOLDER}/pipeline.yaml`;

function millrace(...args: readonly string[]): Promise<Measurement> {
  const argv = [process.execPath, `${ROOT}/dist/bin/millrace.js`, ...args] as const;
  return measure({ argv }, FOLDER);
}

function run(queue: string, sink: string): Promise<Measurement> {
  writeFileSync(
    PIPELINE,
    `name: bench
sources: { lines: { type: file, paths: ["${INPUT}"] } }
sinks: { out: { ${sink}, inputs: [lines], queue: { ${queue} } } }
runtime: { state: "${STATE}" }
`,
  );
  return millrace('run', PIPELINE, '--quiet');
}

function forget(): void {
  for (const path of [OUTPUT, STATE]) rmSync(path, { recursive: true, force: true });
}

/** All queues in turn, so that a change in the machine's speed meets all of them. */
async function benchQueues(rounds: number): Promise<void> {
  const { size } = statSync(INPUT);
  const measured = new Map(Object.keys(QUEUES).map((name) => [name, [] as Measurement[]]));
  const fileSink = `type: file, format: lines, path: "${OUTPUT}"`;
  for (let round = 0; round < rounds; round++) {
    for (const [name, queue] of Object.entries(QUEUES)) {
      forget();
      measured.get(name)!.push(await run(queue, fileSink));
      if (statSync(OUTPUT).size !== size) throw new Error(`${name}: the output is not as long as the input`);
    }
  }
  const memory = median(measured.get('memory')!.map(({ wallS }) => wallS));
  console.log(
    `${(size / 1e6).toFixed(0)} MB of lines of ${LINE_BYTES} bytes, file to file, through a queue:   MB/s   of memory   CPU s`,
  );
  for (const [name, all] of measured) {
    const middle = median(all.map(({ wallS }) => wallS));
    const cpu = median(all.map(({ cpuS }) => cpuS ?? Number.NaN)).toFixed(2);
    const rate = (size / middle / 1e6).toFixed(0);
    console.log(
      name.padStart(66),
      rate.padStart(7),
      `${(memory / middle).toFixed(2)} x`.padStart(9),
      cpu.padStart(9),
    );
  }
}

/** A run that has nothing to do, beside a queue that retains little, and beside one that retains much. */
async function benchRestart(bytes: number, rounds: number): Promise<void> {
  const queue = `type: disk, retain: { bytes: ${4 * bytes} }`;
  console.log('a run with nothing to do, from start to exit:   retained   seconds');
  for (const retained of [LINE_BYTES * 1000, bytes]) {
    forget();
    await writeInput(retained);
    await run(queue, 'type: blackhole');
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) seconds.push((await run(queue, 'type: blackhole')).wallS);
    console.log(formatSize(retained).padStart(58), median(seconds).toFixed(2).padStart(9));
  }
  await benchReplay(bytes, rounds);
}

/** What is retained, through the stage behind the queue once more. */
async function benchReplay(bytes: number, rounds: number): Promise<void> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const replay = await millrace('replay', PIPELINE, 'out', '--from', 'earliest', '--into', 'blackhole');
    seconds.push(replay.wallS);
  }
  const rate = (bytes / median(seconds) / 1e6).toFixed(0);
  console.log(`a replay of ${formatSize(bytes)} into nothing, from start to exit: ${rate} MB/s`);
}

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1GiB' },
    runs: { type: 'string', default: '3' },
    retained: { type: 'string', default: '2GiB' },
  },
});
const rounds = Number(values.runs);
mkdirSync(FOLDER, { recursive: true });
try {
  await writeInput(parseSize(values.size)!);
  await benchQueues(rounds);
  await benchRestart(parseSize(values.retained)!, rounds);
} finally {
  rmSync(FOLDER, { recursive: true, force: true });
}
