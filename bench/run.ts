/**
 * Millrace beside other tools on the same jobs: whole processes, one after the other in rounds, so that a change in
 * the machine's speed meets all of them. Every output is checked against what the generator knows.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseSize } from '../src/base/units.js';
import { DATA_FOLDER, RESULTS_FOLDER, ROOT } from './folders.js';
import { type Input, provideInput } from './generate.js';
import { type Command, type Contestant, JOBS, type Job, millraceCommand, missing } from './jobs.js';
import { measure } from './measure.js';
import {
  describeMachine,
  type Entry,
  type JobResult,
  type MemoryResult,
  type Report,
  type StartUpResult,
  toMarkdown,
  toSummary,
  writeIntoReadme,
} from './report.js';

const WORK_FOLDER = `${DATA_FOLDER}/work`;
const OUT_PATH = `${WORK_FOLDER}/out`;
const START_UP_ROUNDS = 10;
const MEMORY_FACTOR = 4;

interface Options {
  readonly sizeBytes: number;
  readonly rounds: number;
  readonly jobs: readonly Job[];
  /** Names of contestants; all when undefined. */
  readonly only: readonly string[] | undefined;
  readonly memory: boolean;
  readonly writeReadme: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: '1GiB' },
      runs: { type: 'string', default: '5' },
      jobs: { type: 'string', default: JOBS.map((job) => job.name).join(',') },
      only: { type: 'string' },
      memory: { type: 'boolean', default: false },
      'write-readme': { type: 'boolean', default: false },
    },
  });
  const sizeBytes = parseSize(values.size);
  if (sizeBytes === undefined)
    throw new Error(`--size: expected a size such as 1GiB, found "${values.size}"`);
  const rounds = Number(values.runs);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--runs: expected 1 or more, found "${values.runs}"`);
  const jobs = pickNamed('--jobs', JOBS, values.jobs.split(','));
  const only = values.only?.split(',');
  if (only !== undefined)
    pickNamed(
      '--only',
      JOBS.flatMap((job) => job.contestants),
      only,
    );
  return { sizeBytes, rounds, jobs, only, memory: values.memory, writeReadme: values['write-readme'] };
}

function pickNamed<T extends { name: string }>(
  option: string,
  all: readonly T[],
  names: readonly string[],
): T[] {
  const known = new Set(all.map(({ name }) => name));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new Error(`${option}: expected ${[...known].join(', ')}; found "${unknown}"`);
  return all.filter(({ name }) => names.includes(name));
}

async function runJob(job: Job, options: Options): Promise<JobResult> {
  const input = provideInput(job.input, options.sizeBytes);
  await readIntoPageCache(input.path);
  const contestants = job.contestants.filter(({ name }) => options.only?.includes(name) ?? true);
  const entries = contestants.map(({ name, title, command }): Entry => {
    const problem = missing(command(input.path, OUT_PATH));
    return { name, title, runs: [], ...(problem === undefined ? {} : { problem }) };
  });
  for (let round = 1; round <= options.rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      if (entries[i]!.problem === undefined)
        await runOnce(contestant, input, entries[i]!, `${job.name} ${round}`);
    }
  }
  return { name: job.name, title: job.title, truth: input.truth, entries };
}

async function runOnce(contestant: Contestant, input: Input, entry: Entry, label: string): Promise<void> {
  try {
    const measurement = await measureAlone(contestant.command(input.path, OUT_PATH), input.path);
    const fault = await contestant.check(OUT_PATH, input.truth);
    if (fault !== undefined) throw new Error(`wrong output: ${fault}`);
    entry.runs.push(measurement);
    const speed = Math.round(input.truth.bytes / measurement.wallS / 1e6);
    process.stderr.write(`${label} ${contestant.name}: ${measurement.wallS.toFixed(2)} s, ${speed} MB/s\n`);
  } catch (error) {
    entry.problem = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    process.exitCode = 1;
    process.stderr.write(`${label} ${contestant.name}: ${entry.problem}\n`);
  }
}

/**
 * In an empty folder, and after what earlier runs wrote has gone to the disk. Twice as much memory as the input takes was in use
 * a moment ago: a virtual machine may have given away what was free for longer, and whoever uses it next waits for it.
 */
async function measureAlone(command: Command, inputPath?: string) {
  rmSync(WORK_FOLDER, { recursive: true, force: true });
  mkdirSync(WORK_FOLDER, { recursive: true });
  execFileSync('sync');
  if (inputPath !== undefined) {
    const copies = [OUT_PATH, `${OUT_PATH}-2`];
    for (const copy of copies) copyFileSync(inputPath, copy);
    for (const copy of copies) rmSync(copy);
  }
  return measure(command, WORK_FOLDER);
}

async function readIntoPageCache(path: string): Promise<void> {
  for await (const _chunk of createReadStream(path, { highWaterMark: 1 << 20 }));
}

async function measureStartUp(): Promise<StartUpResult[]> {
  const tenLines = `${DATA_FOLDER}/ten-lines.log`;
  writeFileSync(
    tenLines,
    '198.51.100.7 - - [17/May/2026:10:05:03 +0200] "GET / HTTP/1.1" 500 12 "-" "-"\n'.repeat(10),
  );
  const commands: [title: string, command: Command][] = [
    ['`node -e 0`', { argv: [process.execPath, '-e', '0'] }],
    ['`millrace validate`', millraceCommand('validate', 'j1', tenLines, OUT_PATH)],
    ['`millrace run` of ten lines', millraceCommand('run', 'j1', tenLines, OUT_PATH)],
  ];
  const results = commands.map(([title, command]) => ({ title, command, wallS: [] as number[] }));
  for (let round = 0; round < START_UP_ROUNDS; round++) {
    for (const { command, wallS } of results) wallS.push((await measureAlone(command)).wallS);
  }
  return results.map(({ title, wallS }) => ({ title, wallS }));
}

async function measureMemory({ jobs, sizeBytes }: Options): Promise<MemoryResult[]> {
  const results: MemoryResult[] = [];
  for (const job of jobs) {
    for (const size of [sizeBytes, sizeBytes * MEMORY_FACTOR]) {
      const { path, truth } = provideInput(job.input, size);
      const { peakBytes } = await measureAlone(job.contestants[0]!.command(path, OUT_PATH));
      results.push({ job: job.name, bytes: truth.bytes, peakBytes });
    }
  }
  return results;
}

async function main(): Promise<void> {
  const options = readOptions();
  const jobs: JobResult[] = [];
  for (const job of options.jobs) jobs.push(await runJob(job, options));
  const withMillrace = jobs.some(({ entries }) =>
    entries.some(({ name, problem }) => name === 'millrace' && !problem),
  );
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    machine: describeMachine(),
    node: process.versions.node,
    jobs,
    startUp: withMillrace ? await measureStartUp() : [],
    memory: withMillrace && options.memory ? await measureMemory(options) : [],
  };
  rmSync(WORK_FOLDER, { recursive: true, force: true });
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  writeFileSync(`${RESULTS_FOLDER}/${stamp}.json`, `${JSON.stringify(report, null, 2)}\n`);
  const markdown = toMarkdown(report);
  if (options.writeReadme) {
    writeIntoReadme('figures', markdown);
    writeIntoReadme('figures', toSummary(report), `${ROOT}/README.md`);
  }
  process.stdout.write(`${markdown}\n`);
}

await main();
