import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAIN, temporaryFolder, write } from '../cli/support.js';
import { deadLettersIn } from '../support/letters-in.js';
import { scale, seedOf, type Uniform, uniform } from './seeds.js';

const KILLS = 6 * scale();

interface Case {
  readonly name: string;
  /** Sources, transforms and sinks; files are relative to the working directory, outputs lie in `out/`. */
  readonly stages: string;
  readonly input: (random: Uniform) => { readonly name: string; readonly bytes: Buffer }[];
}

/** Ten thousand records take an hour. */
function timeOf(record: number): string {
  return new Date(Date.UTC(2026, 0, 31, 22) + record * 360).toISOString();
}

function logLines(random: Uniform, bytes: number): Buffer {
  const lines: string[] = [];
  for (let length = 0, i = 0; length < bytes; i++) {
    // One in a hundred is no JSON.
    const line =
      random(100) < 1
        ? `bad line ${i}`
        : `{"id":${i},"at":"${timeOf(i)}","level":"${random(3) === 0 ? 'error' : 'info'}","text":"${'x'.repeat(random(300))}"}`;
    lines.push(line);
    length += line.length + 1;
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Stack traces among other lines. */
function traceLines(random: Uniform, bytes: number): Buffer {
  const lines: string[] = [];
  for (let length = 0, i = 0; length < bytes; i++) {
    const frames = random(3) === 0 ? random(60) : 0;
    const first = frames === 0 ? `${i} ${'x'.repeat(random(300))}` : `a.BException: ${i}`;
    const record = [first, ...Array.from({ length: frames }, (_, at) => `\tat c.d(E.java:${at})`)].join('\n');
    lines.push(record);
    length += record.length + 1;
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Lines of two streams among each other, of which some go on and some are of traces. */
function podLines(random: Uniform, bytes: number): Buffer {
  const lines: string[] = [];
  for (let length = 0, i = 0; length < bytes; i++) {
    const stream = random(2) === 0 ? 'stdout' : 'stderr';
    const text = random(3) === 0 ? `\tat c.d(E.java:${i})` : `a.BException: ${i}${'x'.repeat(random(300))}`;
    const line = `${timeOf(i)} ${stream} ${random(3) === 0 ? 'P' : 'F'} ${text}`;
    lines.push(line);
    length += line.length + 1;
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

const CASES: readonly Case[] = [
  {
    name: 'lines, from file to file',
    stages: `
sources: { in: { type: file, paths: ["in*.log"] } }
sinks: { out: { type: file, inputs: [in], path: out/all.log, format: lines } }`,
    input: (random) => [
      { name: 'in1.log', bytes: logLines(random, 6e6) },
      { name: 'in2.log', bytes: logLines(random, 3e6) },
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
    input: (random) => [{ name: 'in.log', bytes: logLines(random, 6e6) }],
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
    input: (random) => [
      { name: 'in.log', bytes: traceLines(random, 6e6) },
      { name: 'pods.log', bytes: podLines(random, 3e6) },
    ],
  },
  {
    name: 'compressed input',
    stages: `
sources: { in: { type: file, paths: ["in.log.gz"], format: json } }
sinks: { out: { type: file, inputs: [in], path: out/all.ndjson } }`,
    input: (random) => [{ name: 'in.log.gz', bytes: gzipSync(logLines(random, 6e6), { level: 1 }) }],
  },
  {
    name: 'files that records name, plain and compressed',
    stages: `
sources: { in: { type: file, paths: ["in.log"], format: json } }
sinks:
  plain: { type: file, inputs: [in], path: "out/{level}/%Y-%m-%d-%H.csv", time: at, format: { type: csv, columns: [id, text] } }
  packed: { type: file, inputs: [in], path: "out/{string(id / 20 % 300)}.ndjson.gz" }`,
    input: (random) => [{ name: 'in.log', bytes: logLines(random, 6e6) }],
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
    input: (random) => [{ name: 'in.log', bytes: logLines(random, 6e6) }],
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
    input: (random) => [{ name: 'in.log', bytes: logLines(random, 6e6) }],
  },
  {
    name: 'through a queue in partitions, where each key keeps its order',
    stages: `
sources: { in: { type: file, paths: ["in.log"], format: json } }
sinks:
  keyed: { type: file, inputs: [in], path: "out/{id % 7}.ndjson", queue: { type: disk, partitions: 3, key: "id % 7" } }`,
    input: (random) => [{ name: 'in.log', bytes: logLines(random, 6e6) }],
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
    input: (random) => [{ name: 'in.log', bytes: logLines(random, 6e6) }],
  },
  {
    name: 'generated records',
    stages: `
sources: { in: { type: generate, kind: access_log, count: 40000, format: combined } }
sinks: { out: { type: file, inputs: [in], path: out/all.ndjson } }`,
    input: () => [],
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

function prepare({ stages, input }: Case, random: Uniform): string {
  const folder = temporaryFolder();
  for (const { name, bytes } of input(random)) writeFileSync(join(folder, name), bytes);
  mkdirSync(join(folder, 'out'));
  write(folder, 'p.yaml', `name: torture\n${stages}\n${RUNTIME}\n`);
  return folder;
}

function hashes(folder: string): Record<string, string> {
  const entries = readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    files
      .sort()
      .map((path) => [relative(folder, path), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
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
      const undisturbed = prepare(one, uniform(seed));
      const startedMs = performance.now();
      await runFor(undisturbed, undefined);
      const wholeMs = performance.now() - startedMs;
      const killed = prepare(one, uniform(seed));
      const random = uniform(seed + 1);
      let kills = 0;
      while (
        kills < KILLS &&
        (await runFor(killed, kills === 0 ? 0 : (wholeMs * random(60)) / 100)) === undefined
      )
        kills++;
      await runFor(killed, undefined);
      expect(hashes(killed), `seed ${seed}, ${kills} kills`).toEqual(hashes(undisturbed));
      expect(await lettersOf(killed), `seed ${seed}`).toEqual(await lettersOf(undisturbed));
      expect(kills, `seed ${seed}`).toBeGreaterThan(0);
    },
    120_000 * scale(),
  );
});
