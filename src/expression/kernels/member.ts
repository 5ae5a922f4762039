import { setView, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import { type NewTextColumn, setError } from './column.js';
import type { Frame, Path, Step } from './frame.js';

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
/** Of JSON's values only null begins with it. */
const LETTER_N = 0x6e;

/** Writes what `path` reaches in row `row` of `base` as row `row` of `out`: JSON, ABSENT or ERROR. */
export function memberOfRow(frame: Frame, base: Vector, path: Path, out: NewTextColumn, row: number): void {
  const tag = base.tags[row]!;
  if (tag === Tag.JSON) walk(frame, base.views!, path, out, row);
  else if (tag === Tag.ABSENT || tag === Tag.NULL) out.tags[row] = Tag.ABSENT;
  else if (tag === Tag.ERROR) setError(out, row, base.numbers![row]!);
  else setError(out, row, frame.code(noMember(path, 0)));
}

function walk(frame: Frame, views: Int32Array, path: Path, out: NewTextColumn, row: number): void {
  const { bytes } = frame.arena;
  let start = textAddress(views, row);
  let end = start + textLength(views, row);
  for (let i = 0; i < path.steps.length; i++) {
    const step = path.steps[i]!;
    const first = bytes[start];
    if (first === LETTER_N) {
      out.tags[row] = Tag.ABSENT;
      return;
    }
    if (first !== (typeof step === 'number' ? OPEN_BRACKET : OPEN_BRACE)) {
      setError(out, row, frame.code(noMember(path, i)));
      return;
    }
    if (!findStep(frame, start, end, step)) {
      if (typeof step === 'number') setError(out, row, frame.code(`no item ${step} in a list`));
      else out.tags[row] = Tag.ABSENT;
      return;
    }
    start = frame.found[0]!;
    end = frame.found[1]!;
  }
  out.tags[row] = Tag.JSON;
  setView(frame.arena, out.views, row, start, end - start);
}

/** Finds one step in the object or array at [start, end); its place is then in `frame.found`. */
function findStep(frame: Frame, start: number, end: number, step: Step): boolean {
  const { arena, found } = frame;
  const { findItem, findMember } = arena.kernels;
  if (typeof step === 'number') return findItem(start, end, step, found.byteOffset) === 1;
  const key = frame.place(step.bytes);
  // Keys with escapes are written out behind everything allocated, where nothing has to stay.
  const scratch = arena.top;
  arena.ensure(scratch, end - start);
  return findMember(start, end, key, step.bytes.length, found.byteOffset, scratch) === 1;
}

function noMember(path: Path, index: number): string {
  const step = path.steps[index]!;
  const before = [
    path.name ?? 'meta',
    ...path.steps.slice(0, index).map((s) => (typeof s === 'number' ? `[${s}]` : s.name)),
  ];
  return typeof step === 'number'
    ? `${before.join('.')} has no item ${step}: it is no list`
    : `${before.join('.')} has no member "${step.name}": it is no object`;
}
