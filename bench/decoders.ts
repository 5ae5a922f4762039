import { Arena, type Partition } from '../src/batch/index.js';
import { frame } from '../src/formats/frame.js';
import { FORMATS, type FormatDefinition, formatNamed, type Wanted } from '../src/formats/index.js';
import { type DecoderJob, decoderJobs } from './decoder-jobs.js';

const CHUNK_BYTES = 1024 * 1024;
const PASSES = 100;
const WARM_UP_PASSES = 30;
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

export interface DecoderFigure {
  readonly format: string;
  /** MB/s with all fields of every record, and with a few of them. */
  readonly all: number;
  readonly some: number;
}

/** Measures one format after the other, in one thread. @param only names of formats; empty for all */
export function* measureDecoders(only: readonly string[]): Generator<DecoderFigure> {
  const arena = new Arena();
  for (const job of decoderJobs()) {
    const { type: format } = job.config;
    if (only.length > 0 && !only.includes(format)) continue;
    const definition = formatNamed(format)!;
    const all = measure(definition, job, { names: new Set(), all: true }, arena);
    const some = measure(definition, job, { names: new Set(job.wanted), all: false }, arena);
    const variant = job.config.log ?? job.config.standard;
    yield { format: typeof variant === 'string' ? `${format} (${variant})` : format, all, some };
  }
}

/** Formats that have a decoder and no job here. */
export function unmeasuredDecoders(): string[] {
  const measured = new Set(decoderJobs().map(({ config }) => config.type));
  return FORMATS.filter(({ name, decoder }) => decoder && !measured.has(name)).map(({ name }) => name);
}
