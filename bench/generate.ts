/** Makes the inputs of the benchmarks: `node dist/bench/generate.js [--size 1GiB] [--seed 1] [--inputs j1,j2]`. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { parseSize } from '../src/base/units.js';
import { accessLog } from './access-log.js';
import { appLog } from './app-log.js';
import { DATA_FOLDER } from './folders.js';
import { Random } from './random.js';
import { MatchCounter, type Truth } from './truth.js';

/** J1: an access log. J2: an application's log in NDJSON. (J4 copies the access log.) */
export type InputName = 'j1' | 'j2';

export interface Input {
  readonly path: string;
  readonly truth: Truth;
}

const CHUNK_CHARACTERS = 16384;
const DEFAULT_SEED = 1;

/** The input of this size, made now when it is not there yet. Its last line ends at or just after `sizeBytes`. */
export function provideInput(name: InputName, sizeBytes: number, seed = DEFAULT_SEED): Input {
  const path = `${DATA_FOLDER}/${name}-${sizeBytes}-${seed}.${name === 'j1' ? 'log' : 'ndjson'}`;
  const truthPath = `${path}.truth.json`;
  if (!existsSync(truthPath)) {
    mkdirSync(DATA_FOLDER, { recursive: true });
    const truth = writeInput(name, `${path}.part`, sizeBytes, seed);
    renameSync(`${path}.part`, path);
    writeFileSync(truthPath, `${JSON.stringify(truth, null, 2)}\n`);
  }
  return { path, truth: JSON.parse(readFileSync(truthPath, 'utf8')) as Truth };
}

function writeInput(name: InputName, path: string, sizeBytes: number, seed: number): Truth {
  const matches = new MatchCounter();
  const random = new Random(seed);
  const nextLine = name === 'j1' ? accessLog(random, matches) : appLog(random, matches);
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(CHUNK_CHARACTERS * 4);
  const file = openSync(path, 'w');
  let bytes = 0;
  let records = 0;
  while (bytes < sizeBytes) {
    let text = '';
    const charactersLeft = Math.min(CHUNK_CHARACTERS, sizeBytes - bytes) - 1024;
    do {
      text += nextLine();
      records++;
    } while (text.length < charactersLeft);
    const chunk = buffer.subarray(0, buffer.write(text));
    hash.update(chunk);
    writeSync(file, chunk);
    bytes += chunk.length;
  }
  closeSync(file);
  return { seed, bytes, records, sha256: hash.digest('hex'), matches: matches.finish() };
}

function main(): void {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: '1GiB' },
      seed: { type: 'string', default: String(DEFAULT_SEED) },
      inputs: { type: 'string', default: 'j1,j2' },
    },
  });
  const sizeBytes = parseSize(values.size);
  if (sizeBytes === undefined)
    throw new Error(`--size: expected a size such as 1GiB, found "${values.size}"`);
  for (const name of values.inputs.split(',')) {
    if (name !== 'j1' && name !== 'j2') throw new Error(`--inputs: expected j1 or j2, found "${name}"`);
    const { path, truth } = provideInput(name, sizeBytes, Number(values.seed));
    const { bytes, records, matches } = truth;
    process.stdout.write(
      `${path}: ${bytes} bytes, ${records} records of ${(bytes / records).toFixed(1)} bytes, ` +
        `${matches.records} match (${((100 * matches.records) / records).toFixed(2)} %)\n`,
    );
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
