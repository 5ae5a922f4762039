import { Arena, ArenaWriter, type Batch } from '../src/batch/index.js';
import { type Encoder, FORMATS, type FormatConfig, formatNamed } from '../src/formats/index.js';
import { ACCESS_SHAPE, accessBatch } from './access-batch.js';

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
  const { batch, bytes } = accessBatch(arena);
  const top = arena.top;
  for (const config of CONFIGS) {
    const encoder = formatNamed(config.type)!.encoder!.create(config, ACCESS_SHAPE);
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
