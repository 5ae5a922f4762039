import { Arena, type Partition } from '../src/batch/index.js';
import { frame } from '../src/formats/frame.js';
import { FORMATS, type FormatDefinition, formatNamed, type Wanted } from '../src/formats/index.js';
import { type DecoderJob, decoderJobs } from './decoder-jobs.js';

// How many MB/s does one thread decode, format by format, when everything is wanted and when a few fields are? Names of
// formats as arguments: only these.

const CHUNK_BYTES = 1024 * 1024;
const PASSES = 200;
const WARM_UP_PASSES = 40;
const READ_AT_MS = Date.UTC(2026, 5, 1);

function chunkOf(line: () => string): Buffer {
  const lines: string[] = [];
  for (let bytes = 0; bytes < CHUNK_BYTES; bytes += lines.at(-1)!.length + 1) lines.push(line());
  return Buffer.from(`${lines.join('\n')}\n`);
}

function measure(definition: FormatDefinition, job: DecoderJob, wanted: Wanted, arena: Arena): number {
  arena.reset();
  const chunk = chunkOf(job.line);
  const start = arena.place(chunk);
  const { records } = frame(arena, 'lines', start, start + chunk.length, chunk.length, 0);
  const top = arena.top;
  const decoder = definition.decoder!.create(job.config);
  const partition: Partition = {
    source: 'bench',
    name: 'bench',
    ...(job.preamble && { preamble: Buffer.from(job.preamble) }),
  };
  let startedAt = 0;
  for (let pass = 0; pass < WARM_UP_PASSES + PASSES; pass++) {
    if (pass === WARM_UP_PASSES) startedAt = performance.now();
    arena.reset(top);
    const { refused } = decoder.decode(arena, records, wanted, partition, READ_AT_MS);
    if (refused.length > 0) throw new Error(`${job.config.type} refused: ${refused[0]!.message}`);
  }
  return (chunk.length * PASSES) / 1e3 / (performance.now() - startedAt);
}

const arena = new Arena();
const only = process.argv.slice(2);
const missing = FORMATS.filter(({ decoder }) => decoder).map(({ name }) => name);
process.stdout.write('format     all wanted   some wanted   (MB/s, one thread)\n');
for (const job of decoderJobs()) {
  if (only.length > 0 && !only.includes(job.config.type)) continue;
  const definition = formatNamed(job.config.type);
  if (!definition) continue;
  const at = missing.indexOf(definition.name);
  if (at >= 0) missing.splice(at, 1);
  const all = measure(definition, job, { names: new Set(), all: true }, arena);
  const some = measure(definition, job, { names: new Set(job.wanted), all: false }, arena);
  process.stdout.write(
    `${definition.name.padEnd(10)} ${all.toFixed(0).padStart(10)} ${some.toFixed(0).padStart(13)}\n`,
  );
}
if (missing.length > 0 && only.length === 0) process.stdout.write(`not measured: ${missing.join(', ')}\n`);
