import { Arena, ArenaWriter, type Batch } from '../src/batch/index.js';
import { frame } from '../src/formats/frame.js';
import { type Encoder, FORMATS, type FormatConfig, formatNamed } from '../src/formats/index.js';
import { accessLog } from './access-log.js';
import { Random } from './random.js';
import { MatchCounter } from './truth.js';

// How many MB/s of a log does one thread encode, format by format, once its records are columns?

const CHUNK_BYTES = 1024 * 1024;
const PASSES = 60;
const WARM_UP_PASSES = 15;

const CONFIGS: readonly FormatConfig[] = [
  { type: 'lines', field: 'path' },
  { type: 'json' },
  { type: 'logfmt' },
  { type: 'csv', delimiter: ',', header: true },
  { type: 'tsv', header: true },
  { type: 'template', text: '{timestamp} {host} {method} {path} {status}' },
  { type: 'arrow' },
  { type: 'parquet', codec: 'none' },
  { type: 'parquet', codec: 'gzip' },
];

const arena = new Arena();

/** Access-log lines with all of their columns, as a source makes them. */
function decoded(): { batch: Batch; bytes: number } {
  const line = accessLog(new Random(1), new MatchCounter());
  const lines: string[] = [];
  for (let bytes = 0; bytes < CHUNK_BYTES; bytes += lines.at(-1)!.length) lines.push(line());
  const chunk = Buffer.from(lines.join(''));
  const start = arena.place(chunk);
  const { records } = frame(arena, 'lines', start, start + chunk.length, lines.length, 0);
  const partition = { source: 'bench', name: 'bench' };
  const decoder = formatNamed('combined')!.decoder!.create({ type: 'combined' });
  const { columns, refused } = decoder.decode(arena, records, { names: new Set(), all: true }, partition, 0);
  if (refused.length > 0) throw new Error(refused[0]!.message);
  const rows = records.count;
  const batch = {
    rows,
    columns,
    document: undefined,
    origin: records,
    untouched: undefined,
    partition,
    readAtMs: 0,
  };
  return { batch, bytes: chunk.length };
}

const { batch, bytes } = decoded();
const top = arena.top;
const fields = formatNamed('combined')!.decoder!.shape({ type: 'combined' });

/** Bytes of one pass's output. */
function pass(encoder: Encoder, writer: ArenaWriter): number {
  arena.reset(top);
  const prepared = encoder.prepare?.(batch, arena, (_, message) => {
    throw new Error(message);
  });
  writer.begin();
  encoder.encode(prepared ?? batch, writer);
  const { start, end } = writer.end();
  return end - start;
}

function measure(config: FormatConfig): void {
  const encoder = formatNamed(config.type)!.encoder!.create(config, fields);
  const writer = new ArenaWriter(arena);
  for (let i = 0; i < WARM_UP_PASSES; i++) pass(encoder, writer);
  const startedAt = performance.now();
  let written = 0;
  for (let i = 0; i < PASSES; i++) written += pass(encoder, writer);
  const ms = performance.now() - startedAt;
  const name = [config.type, config.codec ?? ''].join(' ').padEnd(14);
  const figures = [(bytes * PASSES) / 1e3 / ms, (batch.rows * PASSES) / 1e3 / ms, written / PASSES / 1e3].map(
    (figure, i) => figure.toFixed(i === 1 ? 2 : 0).padStart(12),
  );
  process.stdout.write(`${name}${figures.join('')}\n`);
}

process.stdout.write('format         MB/s of log   million/s   KB a chunk   (one thread)\n');
for (const config of CONFIGS) measure(config);
const missing = FORMATS.filter(({ name, encoder }) => encoder && !CONFIGS.some(({ type }) => type === name));
if (missing.length > 0) process.stdout.write(`not measured: ${missing.map(({ name }) => name).join(', ')}\n`);
