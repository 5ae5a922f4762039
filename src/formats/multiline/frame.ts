import type { Arena, Records } from '../../batch/index.js';
import type { MultilineFraming } from '../format.js';
import { LineGrouper } from './grouper.js';

/** So many lines are cut at least, also where fewer records are asked for. */
const LEAST_LINES = 1024;

/** By their framings, which stay the same objects for as long as a thread has its plan. */
const groupers = new WeakMap<MultilineFraming, LineGrouper>();

function grouperOf(framing: MultilineFraming): LineGrouper {
  let grouper = groupers.get(framing);
  if (!grouper) {
    grouper = new LineGrouper(framing);
    groupers.set(framing, grouper);
  }
  grouper.reset();
  return grouper;
}

/** As `frame` does: at most `limit` records, which hold the newlines between their lines. */
export function frameGroups(
  arena: Arena,
  framing: MultilineFraming,
  start: number,
  end: number,
  limit: number,
  base: number,
): { readonly records: Records; readonly next: number } {
  const { top } = arena;
  const bytes = Buffer.from(arena.memory.buffer, start, end - start);
  for (let mostLines = Math.max(limit, LEAST_LINES); ; mostLines *= 4) {
    arena.reset(top);
    const most = Math.min(mostLines, end - start);
    const starts = arena.int32(most);
    const lengths = arena.int32(most);
    const offsets = arena.float64(most);
    const { byteOffset } = starts;
    const lines = arena.kernels.frameLines(
      start,
      end,
      byteOffset,
      lengths.byteOffset,
      offsets.byteOffset,
      base,
      most,
    );
    const found = group(grouperOf(framing), bytes, start, { starts, lengths, lines });
    // Behind lines that were cut there may be more that belong to the last record.
    const whole = lines < most || most === end - start ? found : found - 1;
    if (whole === 0 && found > 0) continue;
    const count = Math.min(whole, limit);
    const next = count < found ? starts[count]! : end;
    for (let row = 0; row < count; row++) offsets[row] = starts[row]! + base;
    return { records: { count, starts, lengths, offsets, holdsNewlines: true }, next };
  }
}

/**
 * Makes records of lines, in their place; answers how many.
 * @param base where `bytes` lie in the arena
 */
function group(
  grouper: LineGrouper,
  bytes: Buffer,
  base: number,
  {
    starts,
    lengths,
    lines,
  }: { readonly starts: Int32Array; readonly lengths: Int32Array; readonly lines: number },
): number {
  let count = 0;
  for (let line = 0; line < lines; line++) {
    const start = starts[line]!;
    const end = start + lengths[line]!;
    if (grouper.begins(bytes, start - base, end - base)) {
      starts[count] = start;
      lengths[count++] = end - start;
    } else {
      lengths[count - 1] = end - starts[count - 1]!;
    }
  }
  return count;
}
