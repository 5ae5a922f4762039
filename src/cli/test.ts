import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { runTest, type TestResult } from '../testing/index.js';
import { Exit, type Io } from './io.js';
import { cannotRead, type LoadOptions, problemLine } from './load.js';
import { plural } from './render.js';
import { loadTested, pipelinesAt, type TestedPipeline } from './test-files.js';
import { createTestOutput, type TestFormat } from './test-output.js';

export interface TestVerbOptions extends LoadOptions {
  readonly format: TestFormat;
  /** Only tests whose names hold this text. */
  readonly name?: string;
  readonly watch?: boolean;
}

/** `millrace test`. */
export async function testVerb(paths: readonly string[], options: TestVerbOptions, io: Io): Promise<number> {
  if (!options.watch) return await testOnce(paths, options, io);
  return await testAgainAndAgain(paths, options, io);
}

async function testOnce(paths: readonly string[], options: TestVerbOptions, io: Io): Promise<number> {
  const files = await filesAt(paths, io);
  if (!files) return Exit.CONFIGURATION;
  const pipelines: TestedPipeline[] = [];
  let wrong = 0;
  for (const file of files) {
    const tested = await loadTested(file, options, io);
    if (tested) pipelines.push(tested);
    else wrong++;
  }
  const selected = pipelines.map((tested) => ({ ...tested, tests: tested.tests.filter(isNamed(options)) }));
  const count = selected.reduce((sum, { tests }) => sum + tests.length, 0);
  if (count === 0 && wrong === 0) {
    const which =
      options.name === undefined ? 'there are no tests' : `no test has "${options.name}" in its name`;
    io.err.write(
      `error: ${which} in ${files.join(', ') || paths.join(', ')}: tests stand under "tests" in the pipeline's file, or in NAME.test.yaml beside NAME.yaml\n`,
    );
    return Exit.CONFIGURATION;
  }
  const failed = count > 0 ? await runAll(selected, options, io) : 0;
  if (wrong > 0) return Exit.CONFIGURATION;
  return failed > 0 ? Exit.FAILED : Exit.DONE;
}

function isNamed({ name = '' }: TestVerbOptions): (test: { readonly name: string }) => boolean {
  return (test) => test.name.includes(name);
}

async function filesAt(paths: readonly string[], io: Io): Promise<string[] | undefined> {
  const files: string[] = [];
  for (const path of paths) {
    try {
      files.push(...(await pipelinesAt(path)));
    } catch (error) {
      io.err.write(`${problemLine(cannotRead(path, error))}\n`);
      return undefined;
    }
  }
  return [...new Set(files)];
}

/** Gives how many have failed. */
async function runAll(
  pipelines: readonly TestedPipeline[],
  { format }: TestVerbOptions,
  io: Io,
): Promise<number> {
  const output = createTestOutput(format, io);
  const startedMs = performance.now();
  let failed = 0;
  for (const { file, pipeline, plan, tests } of pipelines) {
    const results: TestResult[] = [];
    for (const test of tests) {
      const result = await runTest(pipeline, plan, test);
      if (result.failures.length > 0) failed++;
      results.push(result);
    }
    output.pipeline(file, results);
  }
  output.end(performance.now() - startedMs);
  return failed;
}

/** Editors write a file in several steps. */
const SETTLED_MS = 100;

/** Runs the tests whenever something changes beside the pipelines, until a signal comes. */
async function testAgainAndAgain(
  paths: readonly string[],
  options: TestVerbOptions,
  io: Io,
): Promise<number> {
  const changes = new Changes();
  const removeHandlers = io.onSignal(() => changes.stop());
  try {
    do {
      const files = (await filesAt(paths, io)) ?? [];
      changes.watch(new Set([...files.map((file) => dirname(file)), ...(files.length > 0 ? [] : ['.'])]));
      const code = await testOnce(paths, options, io);
      const state = code === Exit.DONE ? 'all passed' : 'not all passed';
      io.err.write(`${state}; watching ${plural(changes.count, 'folder')}, Ctrl-C ends\n`);
    } while (await changes.next());
  } finally {
    changes.close();
    removeHandlers();
  }
  return Exit.DONE;
}

class Changes {
  readonly #watchers = new Map<string, FSWatcher>();
  #changed = false;
  #stopped = false;
  #wake: () => void = () => {};

  get count(): number {
    return this.#watchers.size;
  }

  watch(folders: ReadonlySet<string>): void {
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue;
      this.#watchers.set(
        folder,
        watch(folder, () => {
          this.#changed = true;
          this.#wake();
        }),
      );
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Resolves to true when something has changed and nothing has for a moment, to false when stopped. */
  async next(): Promise<boolean> {
    while (!this.#changed && !this.#stopped) await this.#woken();
    while (this.#changed && !this.#stopped) {
      this.#changed = false;
      await this.#woken(SETTLED_MS);
    }
    return !this.#stopped;
  }

  #woken(atMostMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = atMostMs === undefined ? undefined : setTimeout(resolve, atMostMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
  }
}
