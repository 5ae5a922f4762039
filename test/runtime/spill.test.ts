import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { formatField, type SinkDefinition, type Storage, type StoredFile } from '#component';
import { nodeStorage } from '../../src/base/storage.js';
import { prepareRun } from '../support/run-pipeline.js';

const LINES = Array.from({ length: 4000 }, (_, i) => `line ${i} ${'x'.repeat(i % 200)}\n`).join('');

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-spill-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A sink that waits until it is opened, and keeps what it gets. */
class Gate {
  readonly parts: Buffer[] = [];
  open: () => void = () => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  get text(): string {
    return Buffer.concat(this.parts).toString();
  }

  definition(): SinkDefinition {
    return {
      kind: 'sink',
      keepsState: true,
      name: 'gate',
      summary: 'Waits.',
      fields: [formatField('encoder', 'lines')],
      example: 'type: gate\ninputs: [a]\n',
      create: () => ({
        open: async () => null,
        write: async ({ bytes }) => {
          await this.#opened;
          this.parts.push(Buffer.from(bytes));
        },
        prepare: async () => ({ state: null, durable: async () => {} }),
        close: async () => {},
      }),
    };
  }
}

const pipeline = (folder: string, transform: string) => `
name: spills
sources: { in: { type: file, paths: ["${folder}/in.log"] } }
transforms: { kept: { type: filter, inputs: [in], where: 'size(message) > 0'${transform} } }
sinks:
  slow: { type: gate, inputs: [kept], queue: { type: memory, max_bytes: 32KiB, when_full: spill } }
  fast: { type: file, inputs: [in], format: lines, path: "${folder}/fast.log" }
runtime: { state: "${folder}/state", memory: 1MiB, batch: { max_bytes: 8KiB } }`;

it.each(['', ', queue: { type: memory, max_bytes: 16KiB, when_full: spill }'])(
  'lets a slow branch wait on the disk while the others go on, and gives all of it back in order (%s)',
  async (transform) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'in.log'), LINES);
    const gate = new Gate();
    const run = await prepareRun(pipeline(folder, transform), 'spills.yaml', { sinks: [gate.definition()] });
    const ended = run.run();
    while (run.metrics.stage('fast').recordsOut < 4000) await turn();
    expect(gate.parts).toEqual([]);
    // Its files have no names: whatever becomes of the process, they are gone with it.
    expect(readdirSync(join(folder, 'state/spills/spill'))).toEqual([]);
    gate.open();
    await ended;
    expect(gate.text).toBe(LINES);
    expect(readFileSync(join(folder, 'fast.log'), 'utf8')).toBe(LINES);
  },
);

/** An object that differs from another in some methods. */
function changed<T extends object>(of: T, methods: Partial<T>): T {
  return new Proxy(of, {
    get: (target, name) => {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The disk, but for the files of spills. */
function withSpills(methods: (file: StoredFile) => Partial<StoredFile>): Storage {
  return changed(nodeStorage, {
    open: async (path, mode) => {
      const file = await nodeStorage.open(path, mode);
      return path.includes('/spill/') ? changed(file, methods(file)) : file;
    },
  });
}

it('waits where the disk is full, and passes on what it holds as soon as there is room in memory', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'in.log'), LINES);
  const gate = new Gate();
  let refused = 0;
  const storage = withSpills(() => ({
    write: async () => {
      refused++;
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    },
  }));
  const run = await prepareRun(pipeline(folder, ''), 'spills.yaml', { sinks: [gate.definition()], storage });
  const ended = run.run();
  while (refused === 0) await turn();
  gate.open();
  await ended;
  expect(gate.text).toBe(LINES);
}, 120_000);

it('ends the run where what comes back is damaged', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'in.log'), LINES);
  const gate = new Gate();
  const storage = withSpills((file) => ({
    read: async (into, position) => {
      const count = await file.read(into, position);
      into[0]! ^= 1;
      return count;
    },
  }));
  const run = await prepareRun(pipeline(folder, ''), 'spills.yaml', { sinks: [gate.definition()], storage });
  const ended = run.run();
  gate.open();
  await expect(ended).rejects.toMatchObject({ code: 'spill_damaged' });
});
