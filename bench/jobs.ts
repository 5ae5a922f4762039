import { existsSync } from 'node:fs';
import { basename, delimiter, dirname } from 'node:path';
import { BENCH_FOLDER, ROOT } from './folders.js';
import type { InputName } from './generate.js';
import { type Check, checkAccess, checkAppLog, checkCopy, checkLineCount } from './truth.js';

/** A command that reads `dataPath` and writes `outPath`, itself or by its stdout. */
export interface Command {
  readonly argv: readonly [program: string, ...rest: string[]];
  /** Where stdout goes; nowhere when undefined. */
  readonly stdoutPath?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Contestant {
  /** A short name for `--only`. */
  readonly name: string;
  /** What the table says. */
  readonly title: string;
  readonly check: Check;
  readonly command: (dataPath: string, outPath: string) => Command;
}

export interface Job {
  readonly name: string;
  readonly title: string;
  readonly input: InputName;
  /** Millrace is the first. */
  readonly contestants: readonly Contestant[];
}

const MAIN = `${ROOT}/dist/bin/millrace.js`;
const PEERS_FOLDER = `${BENCH_FOLDER}/peers`;

export function millraceCommand(verb: string, jobName: string, dataPath: string, outPath: string): Command {
  return {
    // Whatever earlier runs have left, a run is a whole one.
    argv: [process.execPath, MAIN, verb, `${BENCH_FOLDER}/jobs/${jobName}.yaml`, ...freshFor(verb, outPath)],
    env: { DATA: dataPath, OUT: outPath },
  };
}

function freshFor(verb: string, outPath: string): string[] {
  return verb === 'run' ? ['--fresh', '--state', `${dirname(outPath)}/state`] : [];
}

function millrace(jobName: string, check: Check): Contestant {
  const command = (dataPath: string, outPath: string) => millraceCommand('run', jobName, dataPath, outPath);
  return { name: 'millrace', title: '**Millrace**', check, command };
}

/** A filter: it reads the file that its last argument names and writes to stdout. */
function filter(name: string, title: string, check: Check, ...argv: [string, ...string[]]): Contestant {
  const command = (dataPath: string, outPath: string): Command => ({
    argv: [...argv, dataPath],
    stdoutPath: outPath,
  });
  return { name, title, check, command };
}

function nodeScript(jobName: string, title: string, check: Check): Contestant {
  const script = `${PEERS_FOLDER}/node/${jobName}.mjs`;
  return {
    name: 'node',
    title,
    check,
    command: (dataPath, outPath) => ({ argv: [process.execPath, script, dataPath, outPath] }),
  };
}

function fluentBit(jobName: string, check: Check): Contestant {
  return {
    name: 'fluent-bit',
    title: 'Fluent Bit',
    check,
    command: (dataPath, outPath) => ({
      argv: ['fluent-bit', '-q', '-c', `${PEERS_FOLDER}/fluent-bit/${jobName}.conf`],
      env: { DATA: dataPath, OUT_FOLDER: dirname(outPath), OUT_FILE: basename(outPath) },
    }),
  };
}

const MLR_LINES = ['mlr', '--inidx', '--ifs', '\\001', '--onidx', 'cat'] as const;
const MLR_J1 = [
  'mlr',
  '--inidx',
  '--ifs',
  ' ',
  '--ojsonl',
  'filter',
  '$9 >= 500',
  'then',
  'put',
  '-f',
] as const;
const MLR_J2 = ['mlr', '--ijsonl', '--ojsonl', 'filter', '$level == "error"', 'then'] as const;
const MLR_J2_SHAPE = ['cut', '-x', '-f', 'host,pid,tags', 'then', 'put', '$site = "eu-1"'] as const;

export const JOBS: readonly Job[] = [
  {
    name: 'j1',
    title: 'J1: access log → status >= 500 → six fields as NDJSON',
    input: 'j1',
    contestants: [
      millrace('j1', checkAccess),
      filter('mawk', 'mawk, split on blanks', checkAccess, 'mawk', '-f', `${PEERS_FOLDER}/j1.awk`),
      filter(
        'mawk-quotes',
        'mawk, split on quotes',
        checkAccess,
        'mawk',
        '-f',
        `${PEERS_FOLDER}/j1-quotes.awk`,
      ),
      filter(
        'mawk-prefilter',
        'mawk, a pattern before it splits',
        checkAccess,
        'mawk',
        '-f',
        `${PEERS_FOLDER}/j1-prefilter.awk`,
      ),
      filter('mlr', 'Miller', checkAccess, ...MLR_J1, `${PEERS_FOLDER}/j1.mlr`),
      nodeScript('j1', 'Node script: readline, split, JSON.stringify', checkAccess),
      fluentBit('j1', checkAccess),
    ],
  },
  {
    name: 'j2',
    title: 'J2: NDJSON application log → level == "error" → three fields less, one more',
    input: 'j2',
    contestants: [
      millrace('j2', checkAppLog),
      filter('jq', 'jq', checkAppLog, 'jq', '-c', '-f', `${PEERS_FOLDER}/j2.jq`),
      filter('mlr', 'Miller', checkAppLog, ...MLR_J2, ...MLR_J2_SHAPE),
      nodeScript('j2', 'Node script: readline, JSON.parse, JSON.stringify', checkAppLog),
      fluentBit('j2', checkAppLog),
    ],
  },
  {
    name: 'j4',
    title: 'J4: lines copied from file to file',
    input: 'j1',
    contestants: [
      millrace('j4', checkCopy),
      {
        ...nodeScript('j4', 'cp', checkCopy),
        name: 'cp',
        command: (from, to) => ({ argv: ['cp', from, to] }),
      },
      filter('wc', 'wc -l (only counts)', checkLineCount, 'wc', '-l'),
      filter('mawk', 'mawk', checkCopy, 'mawk', '{ print }'),
      filter('mlr', 'Miller', checkCopy, ...MLR_LINES),
      nodeScript('j4', 'Node script: readline, write', checkCopy),
      fluentBit('j4', checkCopy),
    ],
  },
];

/** Why a command cannot run here; undefined when it can. */
export function missing(command: Command): string | undefined {
  const [program, script] = command.argv;
  if (program === process.execPath) {
    return script === undefined || existsSync(script)
      ? undefined
      : `${script.slice(ROOT.length + 1)} is missing: run \`npm run build\``;
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(`${folder}/${program}`))
    ? undefined
    : `${program} is not installed`;
}
