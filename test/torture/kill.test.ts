import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseSize } from '../../src/base/units.js';
import { MAIN, temporaryFolder, write } from '../cli/support.js';
import { deadLettersIn } from '../support/letters-in.js';
import { scale, seedOf, type Uniform, uniform } from './seeds.js';

/** `MILLRACE_KILL_BYTES=1GiB`: what a job reads. Then it is killed twenty times, all over its time. */
const GIVEN_BYTES = process.env.MILLRACE_KILL_BYTES;
const BYTES = GIVEN_BYTES === undefined ? 6e6 : parseSize(GIVEN_BYTES)!;
const KILLS = GIVEN_BYTES === undefined ? 6 * scale() : 20;
/** When it is killed at the latest, as a share of the time of the whole run. */
const LATEST_KILL = GIVEN_BYTES === undefined ? 0.6 : 0.1;

/** Makes a record, which may have several lines. */
type RecordMaker = (random: Uniform, record: number) => string;

interface Input {
  /** One that ends in `.gz` is compressed. */
  readonly name: string;
  readonly make: RecordMaker;
  readonly bytes: number;
}

interface Case {
  readonly name: string;
  /** Sources, transforms and sinks; files are relative to the working directory, outputs lie in `out/`. */
  readonly stages: string;
  readonly input: readonly Input[];
}

/** Ten thousand records take an hour. */
function timeOf(record: number): string {
  return new Date(Date.UTC(2026, 0, 31, 22) + record * 360).toISOString();
}

/** Of which one in a hundred is no JSON. */
const logLine: RecordMaker = (random, i) =>
  random(100) < 1
    ? `bad line ${i}`
    : `{"id":${i},"at":"${timeOf(i)}","level":"${random(3) === 0 ? 'error' : 'info'}","text":"${'x'.repeat(random(300))}"}`;

/** Stack traces among other lines. */
const traceLines: RecordMaker = (random, i) => {
  const frames = random(3) === 0 ? random(60) : 0;
  const first = frames === 0 ? `${i} ${'x'.repeat(random(300))}` : `a.BException: ${i}`;
  return [first, ...Array.from({ length: frames }, (_, at) => `\tat c.d(E.java:${at})`)].join('\n');
};

/** Lines of two streams among each other, of which some go on and some are of traces. */
const podLine: RecordMaker = (random, i) => {
  const stream = random(2) === 0 ? 'stdout' : 'stderr';
  const text = random(3) === 0 ? `\tat c.d(E.java:${i})` : `a.BException: ${i}${'x'.repeat(random(300))}`;
  return `${timeOf(i)} ${stream} ${random(3) === 0 ? 'P' : 'F'} ${text}`;
};

function* textOf({ make, bytes }: Input, random: Uniform): Generator<string> {
  let text = '';
  for (let record = 0, length = 0; length < bytes; record++) {
    text += `${make(random, record)}\n`;
    if (text.length < 2 ** 20) continue;
    length += text.length;
    yield text;
    text = '';
  }
}

async function writeInput(folder: string, input: Input, random: Uniform): Promise<void> {
  const from = Readable.from(textOf(input, random));
  const to = createWriteStream(join(folder, input.name));
  if (input.name.endsWith('.gz')) await pipeline(from, createGzip({ level: 1 }), to);
  else await pipeline(from, to);
}

const LOG: readonly Input[] = [{ name: 'in.log', make: logLine, bytes: BYTES }];

const CASES: readonly Case[] = [
  {
    name: 'lines, from file to file',
    stages: `
sources: { in: { type: file, paths: ["in*.log"] } }
sinks: { out: { type: file, inputs: [in], path: out/all.log, format: lines } }`,
    input: [
      { name: 'in1.log', make: logLine, bytes: BYTES },
      { name: 'in2.log', make: logLine, bytes: BYTES / 2 },
    ],
  },
  {
    name: 'JSON with dead letters, to files that grow, that are compressed and that are emptied',
    stages: `
sources: { in: { type: file, paths: ["in.log"], format: json } }
transforms:
  errors: { type: filter, inputs: [in], where: level == "error" }
  shaped: { type: map, inputs: [errors], drop: [level], queue: memory }
sinks:
  plain: { type: file, inputs: [shaped], path: out/errors.ndjson }
  whole: { type: file, inputs: [in], path: out/all.ndjson }
  packed: { type: file, inputs: [in], path: out/all.ndjson.gz }
  table: { type: file, inputs: [errors], path: out/errors.csv, mode: overwrite, format: { type: csv, columns: [id, level] } }`,
    input: LOG,
  },
  {
    name: 'records of several lines, and lines that a container runtime has cut',
    stages: `
sources:
  traces: { type: file, paths: ["in.log"], multiline: java }
  pods: { type: file, paths: ["pods.log"], format: cri, multiline: { type: cri, group: java } }
sinks:
  traces_out: { type: file, inputs: [traces], path: out/traces.ndjson }
  pods_out: { type: file, inputs: [pods], path: out/pods.ndjson }`,
    input: [
      { name: 'in.log', make: traceLines, bytes: BYTES },
      { name: 'pods.log', make: podLine, bytes: BYTES / 2 },
    ],
  },
  {
    name: 'compressed input',
    stages: `
sources: { in: { type: file, paths: ["in.log.gz"], format: json } }
sinks: { out: { type: file, inputs: [in], path: out/all.ndjson } }`,
    input: [{ name: 'in.log.gz', make: logLine, bytes: BYTES }],
  },
  {
    name: 'files that records name, plain and compressed',
    stages: `
sources: { in: { type: file, paths: ["in.log"], format: json } }
sinks:
  plain: { type: file, inputs: [in], path: "out/{level}/%Y-%m-%d-%H.csv", time: at, format: { type: csv, columns: [id, text] } }
  packed: { type: file, inputs: [in], path: "out/{string(id / 20 % 300)}.ndjson.gz" }`,
    input: LOG,
  },
  {
    name: 'files that are rotated by size, plain and compressed',
    stages: `
sources: { in: { type: file, paths: ["in.log"], format: json } }
sinks:
  plain: { type: file, inputs: [in], path: out/all.csv, format: { type: csv, columns: [id, text] }, rotate: { max_bytes: 200KB } }
  packed: { type: file, inputs: [in], path: "out/{level}.ndjson.gz", rotate: { max_bytes: 700KB } }
  arrow: { type: file, inputs: [in], path: out/all.arrow, format: arrow, rotate: { max_bytes: 500KB } }
  parquet: { type: file, inputs: [in], path: out/all.parquet, format: parquet, rotate: { max_bytes: 90KB } }
  whole: { type: file, inputs: [in], path: "out/{level}.parquet", format: parquet }`,
    input: LOG,
  },
  {
    name: 'through queues on disk, to plain and compressed files',
    stages: `
sources: { in: { type: file, paths: ["in.log"], format: json } }
transforms: { errors: { type: filter, inputs: [in], where: level == "error", queue: { type: disk, max_bytes: 1MiB } } }
sinks:
  plain: { type: file, inputs: [errors], path: out/errors.ndjson, queue: disk }
  packed: { type: file, inputs: [errors], path: out/errors.ndjson.gz, queue: { type: disk, sync: always } }
  whole: { type: file, inputs: [in], path: out/all.ndjson }`,
    input: LOG,
  },
  {
    name: 'through a queue in partitions, where each key keeps its order',
    stages: `
sources: { in: { type: file, paths: ["in.log"], format: json } }
sinks:
  keyed: { type: file, inputs: [in], path: "out/{id % 7}.ndjson", queue: { type: disk, partitions: 3, key: "id % 7" } }`,
    input: LOG,
  },
  {
    name: 'what repeats or exceeds a rate, before and behind a queue on disk',
    stages: `
sources: { in: { type: file, paths: ["in.log"], format: json } }
transforms:
  once: { type: dedupe, inputs: [in], key: id % 9000, max_keys: 8000 }
  rare: { type: throttle, inputs: [once], rate: 200, per: 10m, key: level, time: timestamp(at), exceeding: fail }
  other: { type: dedupe, inputs: [in], key: size(text), window: 5m, time: timestamp(at), queue: disk }
sinks:
  all_once: { type: file, inputs: [once], path: out/once.ndjson }
  all_rare: { type: file, inputs: [rare], path: out/rare.ndjson }
  all_other: { type: file, inputs: [other], path: out/other.ndjson }`,
    input: LOG,
  },
  {
    name: 'generated records',
    stages: `
sources: { in: { type: generate, kind: access_log, count: 40000, format: combined } }
sinks: { out: { type: file, inputs: [in], path: out/all.ndjson } }`,
    input: [],
  },
];

const RUNTIME = 'runtime: { checkpoint: 20ms, workers: 2, batch: { max_bytes: 32KiB } }';

/** Resolves to the exit code; undefined when it was killed. */
async function runFor(folder: string, killAfterMs: number | undefined): Promise<number | undefined> {
  const child = spawn(process.execPath, [MAIN, 'run', 'p.yaml', '--log-level', 'warn'], { cwd: folder });
  let err = '';
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
  });
  child.stdout.resume();
  const ended = new Promise<number | undefined>((resolve) => {
    child.on('close', (code) => resolve(code ?? undefined));
  });
  if (killAfterMs === undefined) {
    const code = await ended;
    if (code !== 0) throw new Error(`ended with ${code}: ${err}`);
    return code;
  }
  // However slow the machine is just now, it is killed while it runs.
  const hasBegun = () => existsSync(join(folder, '.millrace/torture/lock'));
  while (!hasBegun() && child.exitCode === null) await Promise.race([sleep(1), ended]);
  await Promise.race([sleep(killAfterMs), ended]);
  child.kill('SIGKILL');
  const code = await ended;
  if (code !== undefined && code !== 0) throw new Error(`ended with ${code}: ${err}`);
  return code;
}

async function prepare({ stages, input }: Case, random: Uniform): Promise<string> {
  const folder = temporaryFolder();
  for (const one of input) await writeInput(folder, one, random);
  mkdirSync(join(folder, 'out'));
  write(folder, 'p.yaml', `name: torture\n${stages}\n${RUNTIME}\n`);
  return folder;
}

async function hashes(folder: string): Promise<Record<string, string>> {
  const entries = readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true });
  const found: Record<string, string> = {};
  for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
    const path = join(parentPath, name);
    const hash = createHash('sha256');
    for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(bytes);
    found[relative(folder, path)] = hash.digest('hex');
  }
  return found;
}

/** Each dead letter, without what differs from run to run. */
async function lettersOf(folder: string): Promise<string[]> {
  const letters = await deadLettersIn(join(folder, '.millrace/torture'));
  return letters.map(({ stage, offset, record }) => `${stage} ${offset} ${record}`).sort();
}

describe('a run that is killed again and again', () => {
  it.each(CASES)(
    'writes what an undisturbed one writes, byte for byte: $name',
    async (one) => {
      const seed = seedOf(one.name);
      const undisturbed = await prepare(one, uniform(seed));
      const startedMs = performance.now();
      await runFor(undisturbed, undefined);
      const wholeMs = performance.now() - startedMs;
      const killed = await prepare(one, uniform(seed));
      const random = uniform(seed + 1);
      let kills = 0;
      while (
        kills < KILLS &&
        (await runFor(killed, kills === 0 ? 0 : (wholeMs * LATEST_KILL * random(1000)) / 1000)) === undefined
      )
        kills++;
      await runFor(killed, undefined);
      expect(await hashes(killed), `seed ${seed}, ${kills} kills`).toEqual(await hashes(undisturbed));
      expect(await lettersOf(killed), `seed ${seed}`).toEqual(await lettersOf(undisturbed));
      expect(kills, `seed ${seed}`).toBeGreaterThanOrEqual(GIVEN_BYTES === undefined ? 1 : KILLS / 2);
    },
    120_000 * scale() + BYTES / 1e4,
  );
});
