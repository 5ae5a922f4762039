import { setView, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import { type NewTextColumn, setError } from './column.js';
import type { Frame, Path } from './frame.js';

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** Writes what `path` reaches in row `row` of `base` as row `row` of `out`: JSON, ABSENT or ERROR. */
export function memberOfRow(frame: Frame, base: Vector, path: Path, out: NewTextColumn, row: number): void {
  const tag = base.tags[row]!;
  if (tag === Tag.JSON) walk(frame, base.views!, path, out, row);
  else if (tag === Tag.ABSENT || tag === Tag.NULL) out.tags[row] = Tag.ABSENT;
  else if (tag === Tag.ERROR) setError(out, row, base.numbers![row]!);
  else setError(out, row, frame.code(noMember(path, 0)));
}

function walk(frame: Frame, views: Int32Array, path: Path, out: NewTextColumn, row: number): void {
  const { walker } = frame;
  const { bytes } = frame.arena;
  let start = textAddress(views, row);
  let end = start + textLength(views, row);
  for (let i = 0; i < path.steps.length; i++) {
    const step = path.steps[i]!;
    const first = bytes[start];
    if (first === 0x6e) {
      out.tags[row] = Tag.ABSENT;
      return;
    }
    const isMember = typeof step !== 'number' && first === OPEN_BRACE;
    const isItem = typeof step === 'number' && first === OPEN_BRACKET;
    if (isMember ? !walker.member(start, end, step) : !isItem || !walker.item(start, end, step)) {
      if (isMember) out.tags[row] = Tag.ABSENT;
      else setError(out, row, frame.code(isItem ? `no item ${step} in a list` : noMember(path, i)));
      return;
    }
    start = walker.start;
    end = walker.end;
  }
  out.tags[row] = Tag.JSON;
  setView(frame.arena, out.views, row, start, end - start);
}

function noMember(path: Path, index: number): string {
  const step = path.steps[index]!;
  const before = [
    path.name,
    ...path.steps.slice(0, index).map((s) => (typeof s === 'number' ? `[${s}]` : s.name)),
  ];
  return typeof step === 'number'
    ? `${before.join('.')} has no item ${step}: it is no list`
    : `${before.join('.')} has no member "${step.name}": it is no object`;
}
