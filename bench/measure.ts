import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { Command } from './jobs.js';

/** What a whole process took, its start and its threads included. */
export interface Measurement {
  readonly wallS: number;
  /** User and system time together; undefined without GNU time. */
  readonly cpuS: number | undefined;
  /** The largest resident set; undefined without GNU time. */
  readonly peakBytes: number | undefined;
}

const GNU_TIME = '/usr/bin/time';

/** Node cannot see the resources of its children, so GNU time has to. */
const canMeasureResources = existsSync(GNU_TIME);

/** Runs a command to its end in `folder`, where its stderr is kept; throws with the last of it when the command fails. */
export async function measure(command: Command, folder: string): Promise<Measurement> {
  const usagePath = `${folder}/usage`;
  const stderrPath = `${folder}/stderr`;
  const timing = canMeasureResources ? [GNU_TIME, '-q', '-f', '%U %S %M', '-o', usagePath] : [];
  const [program, ...rest] = [...timing, ...command.argv];
  const stdout = command.stdoutPath === undefined ? ('ignore' as const) : openSync(command.stdoutPath, 'w');
  const stderr = openSync(stderrPath, 'w');
  const startedMs = performance.now();
  const child = spawn(program!, rest, {
    cwd: folder,
    env: { ...neutralEnvironment(), ...command.env },
    stdio: ['ignore', stdout, stderr],
  });
  const outcome = await new Promise<string | number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const wallS = (performance.now() - startedMs) / 1000;
  if (stdout !== 'ignore') closeSync(stdout);
  closeSync(stderr);
  if (outcome !== 0)
    throw new Error(`exit ${outcome}: ${readFileSync(stderrPath, 'utf8').trim().slice(-500)}`);
  return { wallS, ...readUsage(usagePath) };
}

function readUsage(usagePath: string): { cpuS: number | undefined; peakBytes: number | undefined } {
  if (!canMeasureResources) return { cpuS: undefined, peakBytes: undefined };
  const [userS, systemS, peakKib] = readFileSync(usagePath, 'utf8').trim().split(' ').map(Number);
  rmSync(usagePath);
  return { cpuS: userS! + systemS!, peakBytes: peakKib! * 1024 };
}

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The environment without what would make Node read certificates at each start, which no job here needs. */
function neutralEnvironment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
  return { ...environment, LC_ALL: 'C' };
}
