import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { main } from '../../src/cli/main.js';

export const ROOT = resolve(import.meta.dirname, '../..');
export const MAIN = join(ROOT, 'dist/bin/millrace.js');

/** What is done when a test is over, or all tests of a file. */
export type CleanUp = (work: () => void) => void;

/** A folder of its own for a test, removed afterwards. */
export function temporaryFolder(cleanUp: CleanUp = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  cleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The records of an NDJSON file. */
export function records(path: string): Record<string, unknown>[] {
  return lines(readFileSync(path, 'utf8')).map((line) => JSON.parse(line) as Record<string, unknown>);
}

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** The command line in this process. */
export async function inProcess(...argv: string[]): Promise<Ended> {
  const out: string[] = [];
  const err: string[] = [];
  const output = (texts: string[]) => ({
    isTerminal: false,
    columns: 100,
    write: (text: string) => void texts.push(text),
    writeBytes: async (bytes: Uint8Array) => void texts.push(Buffer.from(bytes).toString()),
  });
  const io: Io = {
    out: output(out),
    err: output(err),
    env: {},
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
    onSignal: () => () => {},
  };
  const code = await main(argv, io);
  return { code, signal: null, out: out.join(''), err: err.join('') };
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** What has come on standard error so far. */
  err(): string;
  out(): string;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed; undefined leaves it open. */
  readonly input?: string | undefined;
  /** Of another place than this one. */
  readonly program?: string;
  /** False leaves standard output to the test. */
  readonly readsOutput?: boolean;
  /** When the process is killed, where it still runs. */
  readonly cleanUp?: CleanUp;
}

/** The command line as users call it. */
export function start(
  argv: readonly string[],
  { cwd = ROOT, env, input, program = MAIN, readsOutput = true, cleanUp = onTestFinished }: StartOptions = {},
): Started {
  if (!existsSync(program)) throw new Error('dist/bin/millrace.js is missing: run "npm run build"');
  const child = spawn(process.execPath, [program, ...argv], { cwd, env: { ...process.env, ...env } });
  cleanUp(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  if (readsOutput)
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
  });
  // The process may end without having read everything.
  child.stdin.on('error', () => {});
  if (input !== undefined) child.stdin.end(input);
  const ended = new Promise<Ended>((resolved) => {
    child.on('close', (code, signal) => resolved({ code, signal, out, err }));
  });
  return { child, ended, err: () => err, out: () => out };
}

export function run(argv: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(argv, { input: '', ...options }).ended;
}

/** The lines of the log that say `message`. */
export function logged(err: string, message: string): Record<string, unknown>[] {
  return lines(err)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === message);
}

/** Looks again and again until something is so. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolved) => setTimeout(resolved, 10));
  }
}

/** The address that a run with `--ui` tells on standard error. */
export async function listensAt({ err }: Started): Promise<string> {
  const message = 'listening: open it in a browser';
  const listening = () => logged(err().slice(0, err().lastIndexOf('\n') + 1), message)[0];
  await until(() => listening() !== undefined, 'it listens');
  return listening()!.url as string;
}
