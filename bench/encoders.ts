import { Arena, ArenaWriter, type Batch } from '../src/batch/index.js';
import { frame } from '../src/formats/frame.js';
import { type Encoder, FORMATS, type FormatConfig, formatNamed } from '../src/formats/index.js';
import { accessLog } from './access-log.js';
import { Random } from './random.js';
import { MatchCounter } from './truth.js';

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

/** Access-log lines with all of their columns, as a source makes them. */
function decoded(arena: Arena): { batch: Batch; bytes: number } {
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

export interface EncoderFigure {
  readonly format: string;
  /** MB/s of the log's lines, and millions of records a second. */
  readonly megabytesPerSecond: number;
  readonly millionsPerSecond: number;
  /** What a record takes when it is encoded. */
  readonly bytesPerRecord: number;
}

/** Measures one format after the other, in one thread. */
export function* measureEncoders(): Generator<EncoderFigure> {
  const arena = new Arena();
  const { batch, bytes } = decoded(arena);
  const top = arena.top;
  const fields = formatNamed('combined')!.decoder!.shape({ type: 'combined' });
  for (const config of CONFIGS) {
    const encoder = formatNamed(config.type)!.encoder!.create(config, fields);
    const writer = new ArenaWriter(arena);
    const pass = () => {
      arena.reset(top);
      return encodedBytes(encoder, arena, batch, writer);
    };
    for (let i = 0; i < WARM_UP_PASSES; i++) pass();
    const startedAt = performance.now();
    let written = 0;
    for (let i = 0; i < PASSES; i++) written += pass();
    const ms = performance.now() - startedAt;
    yield {
      format: [config.type, config.codec ?? ''].join(' ').trim(),
      megabytesPerSecond: (bytes * PASSES) / 1e3 / ms,
      millionsPerSecond: (batch.rows * PASSES) / 1e3 / ms,
      bytesPerRecord: written / PASSES / batch.rows,
    };
  }
}

function encodedBytes(encoder: Encoder, arena: Arena, batch: Batch, writer: ArenaWriter): number {
  const prepared = encoder.prepare?.(batch, arena, (_, message) => {
    throw new Error(message);
  });
  writer.begin();
  encoder.encode(prepared ?? batch, writer);
  const { start, end } = writer.end();
  return end - start;
}

/** Formats that have an encoder and no configuration here. */
export function unmeasuredEncoders(): string[] {
  return FORMATS.filter(({ name, encoder }) => encoder && !CONFIGS.some(({ type }) => type === name)).map(
    ({ name }) => name,
  );
}
