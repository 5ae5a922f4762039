import { unsafePath } from '../base/path-names.js';
import { type Arena, type Batch, Tag, textAddress, textLength, type Vector } from '../batch/index.js';
import type { PathOfRecords } from '../component/index.js';
import { compilePathTemplate, type PathProgram, parsePathTemplate } from '../expression/index.js';
import { gatherGroups, TextGroups } from './text-groups.js';

/** The code of records that have no path, or none to which they may be written. */
const PATH_REFUSED = 'path_refused';

/** Records of one path. */
export interface PathGroup {
  readonly key: string;
  readonly batch: Batch;
}

type Refuse = (row: number, code: string, message: string) => void;

/** Splits batches by the paths to which their records go. For one thread. */
export class PathGroups {
  readonly #root: string;
  readonly #program: PathProgram;
  readonly #groups = new TextGroups();

  constructor({ template, time }: PathOfRecords) {
    this.#root = parsePathTemplate(template).root;
    this.#program = compilePathTemplate(template, time);
  }

  /**
   * The groups in the order in which their first records come; in each, the records keep their order.
   * @param refuse is called for the rows that are in none
   */
  split(arena: Arena, batch: Batch, refuse: Refuse): PathGroup[] {
    const paths = this.#program.evaluate(arena, batch);
    const groups = this.#groups.group(arena, paths, batch.rows);
    const keys = this.#groups.firstRows.map((row) => this.#keyAt(arena, paths, row));
    this.#refuse(paths, groups, keys, refuse);
    const batches = gatherGroups(
      arena,
      batch,
      groups,
      keys.map((key) => 'path' in key),
    );
    return keys.flatMap((key, group) => {
      const part = batches[group];
      return part && 'path' in key ? [{ key: key.path, batch: part }] : [];
    });
  }

  /** The path as text, or why it is refused. */
  #keyAt(arena: Arena, paths: Vector, row: number): { readonly path: string } | { readonly refused: string } {
    const start = textAddress(paths.views!, row);
    const bytes = arena.bytes.subarray(start, start + textLength(paths.views!, row));
    const path = decode(bytes);
    const problem = path === undefined ? 'it is not UTF-8' : unsafePath(path.slice(this.#root.length));
    if (path !== undefined && problem === undefined) return { path };
    const shown = JSON.stringify(Buffer.from(bytes).toString().slice(0, 200));
    return { refused: `the path ${shown} is refused: ${problem}` };
  }

  #refuse(
    paths: Vector,
    groups: Int32Array,
    keys: readonly ({ readonly path: string } | { readonly refused: string })[],
    refuse: Refuse,
  ): void {
    if (paths.uniform === Tag.TEXT && keys.every((key) => 'path' in key)) return;
    for (let row = 0; row < groups.length; row++) {
      const key = keys[groups[row]!];
      if (!key) refuse(row, PATH_REFUSED, `it has no path: ${paths.errors![paths.numbers![row]!]}`);
      else if ('refused' in key) refuse(row, PATH_REFUSED, key.refused);
    }
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
