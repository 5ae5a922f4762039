import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { DAMAGES } from '../support/crash-damage.js';
import { CrashStorage } from '../support/crash-storage.js';
import { deadLettersIn } from '../support/letters-in.js';
import { runs } from '../support/property.js';
import { counted, numbersSource, randomGraph } from '../support/random-graph.js';
import { prepareRun } from '../support/run-pipeline.js';
import { scale, seedsOf, type Uniform, uniform } from '../torture/seeds.js';

const folders: string[] = [];
function temporaryFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'millrace-power-')));
  return folders.at(-1)!;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const LOSSES = 4;
/** Every fifth number fails in `parse`; what comes twice, because there are two ways, is the same for `dedupe` where it has the same fields. */
const TRANSFORMS = [
  "type: filter, where: 'true'",
  'type: filter, where: \'!message.endsWith("7")\'',
  "type: parse, field: message, format: { type: regex, pattern: '^(?P<text>.*[^5])$' }",
  'type: dedupe, key: string(message != null) + string(text != null) + meta.id',
  'type: throttle, rate: 1000, per: 100h, key: meta.id',
];

/** Waits for up to so many turns of the event loop. */
function pauses(seed: number, most: number): () => Promise<void> {
  const random = uniform(seed);
  return async () => {
    for (let turns = random(most + 1); turns > 0; turns--) await turn();
  };
}

function componentsOf(seed: number) {
  const random = uniform(seed);
  const pause = pauses(seed, 3);
  return { sources: [numbersSource(50 + (seed % 150), random, pause)], checkpointMs: 1 };
}

/** A graph whose sinks are files on the disk that is simulated; the lock of the state folder is on the real one. */
function pipelineOf(seed: number, state: string): string {
  return randomGraph(seed, {
    state,
    sink: (id, random) => {
      const ending = random(3) === 0 ? 'json.gz' : 'json';
      const mode = random(2) === 0 ? 'append' : 'overwrite';
      return `type: file, path: /simulated/${id}.${ending}, format: json, mode: ${mode}`;
    },
    transform: (random: Uniform) => TRANSFORMS[random(TRANSFORMS.length)]!,
    components: componentsOf(seed),
  });
}

async function runOn(storage: CrashStorage, yaml: string, seed: number): Promise<void> {
  storage.latency = pauses(seed, 200);
  const run = await prepareRun(yaml, 'power.yaml', { ...componentsOf(seed), storage });
  await run.run();
}

/** What each sink has written, and the dead letters of each stage: how often each record. */
async function outputsOn(storage: CrashStorage, state: string): Promise<Record<string, object>> {
  const outputs = [...storage.files].filter(([path]) => path.startsWith('/simulated/'));
  const textOf = (path: string, bytes: Uint8Array) =>
    (path.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes)).toString();
  const letters = await deadLettersIn(join(state, 'random'), storage);
  const lines = letters.map(({ stage, code, record }) => `${stage} ${code} ${record}\n`);
  return {
    ...Object.fromEntries(outputs.map(([path, bytes]) => [path, counted(textOf(path, bytes))])),
    letters: counted(lines.join('')),
  };
}

describe('a machine that loses its power', () => {
  it.each(seedsOf('power loss of pipelines', runs(40) * scale()))(
    'goes on where it was, with every record exactly once, in any graph of durable queues (seed %i)',
    async (seed) => {
      const undisturbed = new CrashStorage();
      const other = temporaryFolder();
      await runOn(undisturbed, pipelineOf(seed, other), seed);
      const expected = await outputsOn(undisturbed, other);
      expect(Object.keys(expected).length).toBeGreaterThan(1);

      const state = temporaryFolder();
      const yaml = pipelineOf(seed, state);
      const random = uniform(seed);
      let storage = new CrashStorage();
      await runOn(storage, yaml, seed);
      const history: string[] = [];
      for (let loss = 0; loss < LOSSES; loss++) {
        const at = random(storage.operations.length + 1);
        const damage = DAMAGES[random(DAMAGES.length)]!;
        history.push(`${damage} at operation ${at} of ${storage.operations.length}`);
        storage = storage.afterCrash(at, damage, seed);
        await runOn(storage, yaml, seed);
        expect(await outputsOn(storage, state), `seed ${seed}: ${history.join(', ')}`).toEqual(expected);
      }
    },
    60_000,
  );
});
