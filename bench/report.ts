import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { BENCH_FOLDER } from './folders.js';
import { type Measurement, median } from './measure.js';
import type { Truth } from './truth.js';

/** One contestant's runs of a job, the n-th in the same round as the n-th of the others. */
export interface Entry {
  readonly name: string;
  readonly title: string;
  readonly runs: Measurement[];
  /** Why it did not run, or what was wrong with its output. */
  problem?: string;
}

export interface JobResult {
  readonly name: string;
  readonly title: string;
  readonly truth: Truth;
  readonly entries: readonly Entry[];
}

export interface StartUpResult {
  readonly title: string;
  readonly wallS: readonly number[];
}

export interface MemoryResult {
  readonly job: string;
  readonly bytes: number;
  readonly peakBytes: number | undefined;
}

export interface Report {
  readonly date: string;
  readonly command: string;
  readonly machine: string;
  readonly node: string;
  readonly jobs: readonly JobResult[];
  readonly startUp: readonly StartUpResult[];
  readonly memory: readonly MemoryResult[];
}

export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 1e9)} GB, ${process.platform}`;
}

/** The report as Markdown. A megabyte is 10^6 bytes. */
export function toMarkdown(report: Report): string {
  const head = `Measured ${report.date} on ${report.machine}, Node ${report.node}, with \`${report.command}\`.`;
  const sections = [head, ...report.jobs.map(jobTable)];
  if (report.startUp.length > 0) sections.push(startUpTable(report.startUp));
  if (report.memory.length > 0) sections.push(memoryTable(report.memory));
  return sections.join('\n\n');
}

function jobTable({ title, truth, entries }: JobResult): string {
  const millrace = entries.find((entry) => entry.name === 'millrace');
  const rounds = Math.max(...entries.map((entry) => entry.runs.length));
  const input = `${megabytes(truth.bytes)} MB, ${truth.records.toLocaleString('en')} records, medians of ${rounds}.`;
  const lines = entries.map((entry) => {
    if (entry.problem !== undefined) return `| ${entry.title} | – | – | – | – | ${entry.problem} |`;
    const wallS = median(entry.runs.map((run) => run.wallS));
    const rates = `${megabytes(truth.bytes / wallS)} | ${Math.round(truth.records / wallS).toLocaleString('en')}`;
    return `| ${entry.title} | ${rates} | ${cpuSeconds(entry)} | ${peakMegabytes(entry)} | ${ratio(millrace, entry)} |`;
  });
  return [
    `### ${title}`,
    '',
    input,
    '',
    '| tool | MB/s | records/s | CPU s | peak MB | Millrace is faster by |',
    '|---|---:|---:|---:|---:|---:|',
    ...lines,
  ].join('\n');
}

/** Millrace's speed over the peer's, round by round; the median, and between which values the rounds lie. */
function ratio(millrace: Entry | undefined, peer: Entry): string {
  if (millrace === undefined || millrace === peer || millrace.problem !== undefined) return '';
  const ratios = peer.runs.map((run, round) => run.wallS / millrace.runs[round]!.wallS);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  return `${median(ratios).toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

function cpuSeconds(entry: Entry): string {
  const seconds = entry.runs.flatMap((run) => (run.cpuS === undefined ? [] : [run.cpuS]));
  return seconds.length === 0 ? 'not measured' : median(seconds).toFixed(2);
}

function peakMegabytes(entry: Entry): string {
  const bytes = entry.runs.flatMap((run) => (run.peakBytes === undefined ? [] : [run.peakBytes]));
  return bytes.length === 0 ? 'not measured' : megabytes(median(bytes));
}

function startUpTable(results: readonly StartUpResult[]): string {
  const lines = results.map(({ title, wallS }) => `| ${title} | ${Math.round(median(wallS) * 1000)} |`);
  const note = `Whole processes, medians of ${results[0]!.wallS.length}.`;
  return ['### From start to exit', '', note, '', '| command | ms |', '|---|---:|', ...lines].join('\n');
}

function memoryTable(results: readonly MemoryResult[]): string {
  const lines = results.map(({ job, bytes, peakBytes }) => {
    return `| ${job} | ${megabytes(bytes)} | ${peakBytes === undefined ? 'not measured' : megabytes(peakBytes)} |`;
  });
  return [
    '### Peak memory by size of the input',
    '',
    '| job | input MB | peak MB |',
    '|---|---:|---:|',
    ...lines,
  ].join('\n');
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toLocaleString('en');
}

/** The columns of the project's README, by the contestants' names. */
const SUMMARY_TITLES = { mawk: 'mawk', jq: 'jq', node: 'Node script', cp: 'cp' };

/** What a visitor reads first: the speed of the tools that everybody knows. */
export function toSummary({ jobs, machine, startUp }: Report): string {
  const peers = Object.keys(SUMMARY_TITLES);
  const rows = jobs.map(({ title, truth, entries }) => {
    const [own, ...others] = ['millrace', ...peers].map((name) => {
      const runs = entries.find((entry) => entry.name === name && entry.problem === undefined)?.runs;
      return runs ? megabytes(truth.bytes / median(runs.map((run) => run.wallS))) : '–';
    });
    return `| ${title.replace(/^\w+: /, '')} | **${own} MB/s** | ${others.join(' | ')} |`;
  });
  const peaks = jobs.flatMap(({ entries }) =>
    entries.filter((entry) => entry.name === 'millrace').map(peakMegabytes),
  );
  const seconds = startUp.map(({ title, wallS }) => `${title} ${median(wallS).toFixed(2)} s`).join(', ');
  return [
    `| job, ${megabytes(jobs[0]!.truth.bytes)} MB of input on ${machine} | Millrace | ${Object.values(SUMMARY_TITLES).join(' | ')} |`,
    `|---|${'---:|'.repeat(peers.length + 1)}`,
    ...rows,
    '',
    `Medians of ${jobs[0]!.entries[0]!.runs.length} rounds; Millrace took at most ${peaks.sort((a, b) => Number(b) - Number(a))[0]} MB of memory. From start to exit: ${seconds}.`,
    'The Node script is what one writes first: readline, JSON.parse, JSON.stringify.',
  ].join('\n');
}

/** Puts figures between the markers of this name in bench/README.md, or another file. */
export function writeIntoReadme(name: string, markdown: string, path = `${BENCH_FOLDER}/README.md`): void {
  const text = readFileSync(path, 'utf8');
  const beginMark = `<!-- ${name}:begin -->`;
  const endMark = `<!-- ${name}:end -->`;
  const begin = text.indexOf(beginMark);
  const end = text.indexOf(endMark);
  if (begin < 0 || end < begin) throw new Error(`${path}: expected the markers ${beginMark} and ${endMark}`);
  writeFileSync(path, `${text.slice(0, begin + beginMark.length)}\n${markdown}\n${text.slice(end)}`);
}
