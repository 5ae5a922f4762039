import { Tag, type Vector } from '../../batch/index.js';
import { isPlaceName, type Node } from '../tree.js';
import type { Frame, Path, Step } from './frame.js';
import { TestKernel, ValueKernel } from './kernel.js';
import { addFailure, type Failures, type Rows, type Verdict } from './rows.js';

const encoder = new TextEncoder();

/** The path that a node is: a field, or members and items of it by constant names and indexes. */
export function pathOf(node: Node): Path | undefined {
  if (node.op === 'field') return { key: JSON.stringify(node.name), name: node.name, steps: [] };
  if (node.op === 'meta' && !isPlaceName(node.name)) return pathOfMeta(node.name);
  if (node.op === 'select' && !node.isOptional) return extend(pathOf(node.of), node.key);
  if (node.op !== 'index' || node.isOptional || node.key.op !== 'literal') return undefined;
  const { value } = node.key;
  if (typeof value === 'string') return extend(pathOf(node.of), value);
  return typeof value === 'bigint' && value >= 0n && value < 2n ** 31n
    ? extend(pathOf(node.of), Number(value))
    : undefined;
}

/** A member of what is said of messages. */
export function pathOfMeta(name: string): Path {
  const step = { name, bytes: encoder.encode(name) };
  return { key: `meta ${JSON.stringify(name)}`, name: undefined, steps: [step] };
}

export function extend(path: Path | undefined, key: string | number): Path | undefined {
  if (!path) return undefined;
  const step: Step = typeof key === 'number' ? key : { name: key, bytes: encoder.encode(key) };
  return { key: `${path.key}${JSON.stringify([key])}`, name: path.name, steps: [...path.steps, step] };
}

/** A field, or what is reached from it. */
export class PathKernel extends ValueKernel {
  readonly path: Path;

  constructor(path: Path) {
    super();
    this.path = path;
  }

  evaluate(frame: Frame, rows: Rows): Vector {
    return frame.resolved(this.path, rows);
  }

  override copy(frame: Frame, rows: Rows): Vector {
    return frame.raw(this.path, rows);
  }
}

/** Whether a member is there, be it null. */
export class HasKernel extends TestKernel {
  readonly #path: Path;

  constructor(path: Path) {
    super();
    this.#path = path;
  }

  test(frame: Frame, rows: Rows): Verdict {
    const { tags, numbers } = frame.raw(this.#path, rows);
    const list = frame.arena.int32(rows.count);
    let count = 0;
    let failures: Failures | undefined;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      if (tags[row] === Tag.ERROR) failures = addFailure(failures, row, numbers![row]!);
      else if (tags[row] !== Tag.ABSENT) list[count++] = row;
    }
    return { list, count, failures };
  }
}
