import type { Arena, Batch } from '../src/batch/index.js';
import { frame } from '../src/formats/frame.js';
import { formatNamed } from '../src/formats/index.js';
import { accessLog } from './access-log.js';
import { Random } from './random.js';
import { MatchCounter } from './truth.js';

const CHUNK_BYTES = 1024 * 1024;
const COMBINED = formatNamed('combined')!.decoder!;

/** The fields of its records. */
export const ACCESS_SHAPE = COMBINED.shape({ type: 'combined' });

/** Access-log lines with all of their columns, as a source makes them. */
export function accessBatch(arena: Arena): { batch: Batch; bytes: number } {
  const line = accessLog(new Random(1), new MatchCounter());
  const lines: string[] = [];
  for (let bytes = 0; bytes < CHUNK_BYTES; bytes += lines.at(-1)!.length) lines.push(line());
  const chunk = Buffer.from(lines.join(''));
  const start = arena.place(chunk);
  const { records } = frame(arena, 'lines', start, start + chunk.length, lines.length, 0);
  const partition = { source: 'bench', name: 'bench' };
  const decoder = COMBINED.create({ type: 'combined' });
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
