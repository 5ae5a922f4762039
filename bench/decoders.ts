import { Arena, ArenaWriter, type Partition } from '../src/batch/index.js';
import { frame } from '../src/formats/frame.js';
import { FORMATS, formatNamed, multilineFraming, type Refusal, type Wanted } from '../src/formats/index.js';
import { ACCESS_SHAPE, accessBatch } from './access-batch.js';
import { type DecoderJob, decoderJobs } from './decoder-jobs.js';

const CHUNK_BYTES = 1024 * 1024;
const PASSES = 100;
const WARM_UP_PASSES = 30;
const READ_AT_MS = Date.UTC(2026, 5, 1);
const PARTITION: Partition = { source: 'bench', name: 'bench' };
const LIMITS = { max_lines: 1000, max_bytes: 2 ** 20, flush_after: 1000 };

function chunkOf(line: () => string): Buffer {
  const lines: string[] = [];
  for (let bytes = 0; bytes < CHUNK_BYTES; bytes += lines.at(-1)!.length + 1) lines.push(line());
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** What is done again and again: answers what was refused. */
type Pass = () => readonly Refusal[];

/** Decodes the records of a chunk, which it also puts together where lines belong together. */
function passOfLines(job: DecoderJob, wanted: Wanted, arena: Arena, chunk: Buffer): Pass {
  const start = arena.place(chunk);
  const end = start + chunk.length;
  const { multiline } = job;
  const framing = multiline ? multilineFraming({ ...LIMITS, ...multiline }) : 'lines';
  const { records } = frame(arena, framing, start, end, chunk.length, 0);
  const { top } = arena;
  const decoder = formatNamed(job.config.type)!.decoder!.create(job.config);
  const partition = { ...PARTITION, ...(job.preamble && { preamble: Buffer.from(job.preamble) }) };
  return () => {
    arena.reset(top);
    const found = multiline ? frame(arena, framing, start, end, chunk.length, 0).records : records;
    return decoder.decode(arena, found, wanted, partition, READ_AT_MS).refused;
  };
}

/** Decodes the messages that the access log becomes. */
function passOfArrow(wanted: Wanted, arena: Arena): { pass: Pass; bytes: number } {
  const { batch } = accessBatch(arena);
  const { decoder, encoder } = formatNamed('arrow')!;
  const config = { type: 'arrow' };
  const writing = encoder!.create(config, ACCESS_SHAPE);
  const writer = new ArenaWriter(arena);
  const prepared = writing.prepare?.(batch, arena, () => {}) ?? batch;
  writer.begin();
  writing.encode(prepared, writer);
  const { start, end } = writer.end();
  const reading = decoder!.createForPieces!(config);
  const partition = { ...PARTITION, preamble: Buffer.from(writing.header!) };
  const { top } = arena;
  const pass = (): readonly Refusal[] => {
    arena.reset(top);
    const piece = { ...reading.pieceAt(arena.bytes, start, end), offset: 0 };
    return reading.decode(arena, piece, { from: 0, to: piece.records }, wanted, partition, READ_AT_MS)
      .refused;
  };
  return { pass, bytes: end - start };
}

/** MB/s */
function measure(job: DecoderJob, wanted: Wanted, arena: Arena): number {
  arena.reset();
  const chunk = job.config.type === 'arrow' ? undefined : chunkOf(job.line);
  const { pass, bytes } = chunk
    ? { pass: passOfLines(job, wanted, arena, chunk), bytes: chunk.length }
    : passOfArrow(wanted, arena);
  let startedAt = 0;
  for (let i = 0; i < WARM_UP_PASSES + PASSES; i++) {
    if (i === WARM_UP_PASSES) startedAt = performance.now();
    const refused = pass();
    if (refused.length > 0) throw new Error(`${job.config.type} refused: ${refused[0]!.message}`);
  }
  return (bytes * PASSES) / 1e3 / (performance.now() - startedAt);
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
    const all = measure(job, { names: new Set(), all: true }, arena);
    const some = measure(job, { names: new Set(job.wanted), all: false }, arena);
    yield { format: nameOf(job), all, some };
  }
}

/** `syslog (rfc3164)`, `cri (multiline cri, java)`. */
function nameOf({ config, multiline }: DecoderJob): string {
  const grouped =
    multiline && `multiline ${[multiline.type, multiline.group?.type].filter(Boolean).join(', ')}`;
  const variant = grouped ?? config.log ?? config.standard;
  return typeof variant === 'string' ? `${config.type} (${variant})` : config.type;
}

/** Formats that have a decoder and no job here. */
export function unmeasuredDecoders(): string[] {
  const measured = new Set(decoderJobs().map(({ config }) => config.type));
  return FORMATS.filter(({ name, decoder }) => decoder && !measured.has(name)).map(({ name }) => name);
}
