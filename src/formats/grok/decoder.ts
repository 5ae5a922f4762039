import { isAscii, isUtf8 } from 'node:buffer';
import type { GroupPattern } from '../../base/regex/compile-groups.js';
import { clearSuspect, suspect } from '../../base/suspicion.js';
import { type Arena, ArenaWriter, type Records } from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { Column } from './column.js';
import { fieldsOf, type Tree } from './columns.js';
import { compilePattern, type GrokOptions } from './pattern.js';
import { NoValue } from './values.js';

const NEWLINE = 10;

/** A pattern made ready for what is wanted: its expression, and the columns that its match fills. */
interface Ready {
  readonly expression: GroupPattern['expression'];
  /** The same for records of several lines. */
  readonly lines: GroupPattern['expression'];
  readonly stores: readonly { readonly column: number; readonly tree: Tree }[];
}

interface Plan {
  readonly wanted: Wanted;
  readonly names: readonly string[];
  readonly patterns: readonly Ready[];
  /** All of them take linear time. */
  readonly isLinear: boolean;
}

/**
 * Decodes records by grok patterns, of which the first counts that matches anywhere in the record. As in the format
 * `regex`, records are matched byte by byte where they are ASCII or no UTF-8, else as UTF-16.
 */
export class GrokDecoder implements Decoder {
  readonly #options: GrokOptions;
  #plan: Plan | undefined;

  constructor(options: GrokOptions) {
    this.#options = options;
  }

  decode(arena: Arena, records: Records, wanted: Wanted): Decoded {
    if (this.#plan?.wanted !== wanted) this.#plan = planOf(this.#options, wanted);
    const { names, patterns, isLinear } = this.#plan;
    const { count, starts, lengths, offsets } = records;
    const memory = Buffer.from(arena.memory.buffer);
    const columns = names.map((name) => new Column(arena, memory, name, count));
    const refused: Refusal[] = [];
    const all = count === 0 ? memory : memory.subarray(starts[0], starts[count - 1]! + lengths[count - 1]!);
    const areAscii = isAscii(all);
    const writer = new ArenaWriter(arena);
    writer.begin();
    for (let row = 0; row < count; row++) {
      const record = memory.subarray(starts[row], starts[row]! + lengths[row]!);
      if (!isLinear) suspect(offsets[row]!, this.#options.timeoutMs);
      const encoding = !areAscii && !isAscii(record) && isUtf8(record) ? 'utf8' : 'latin1';
      const message = store(writer, patterns, columns, row, record.toString(encoding), encoding);
      if (message !== undefined) refused.push({ row, message });
    }
    clearSuspect();
    writer.end();
    // A capture with a type is read whatever is wanted, since it may refuse the record.
    const given = columns.filter(({ name }) => wanted.all || wanted.names.has(name));
    const vectors = given.map((column) => [column.name, column.vector(arena)] as const);
    return { columns: new Map(vectors), document: undefined, refused };
  }
}

/** Stores the fields of a record. Returns why it is refused. */
function store(
  writer: ArenaWriter,
  patterns: readonly Ready[],
  columns: readonly Column[],
  row: number,
  text: string,
  encoding: 'utf8' | 'latin1',
): string | undefined {
  const hasLines = text.charCodeAt(0) === NEWLINE || text.indexOf('\n') >= 0;
  for (const { expression, lines, stores } of patterns) {
    const match = (hasLines ? lines : expression).exec(text);
    if (!match) continue;
    try {
      for (const { column, tree } of stores) columns[column]!.store(writer, row, tree, match, encoding);
      return undefined;
    } catch (error) {
      if (!(error instanceof NoValue)) throw error;
      for (const { column } of stores) columns[column]!.forget(row);
      return error.message;
    }
  }
  return patterns.length === 1
    ? 'expected a record that the pattern matches'
    : `expected a record that one of the ${patterns.length} patterns matches`;
}

function planOf({ patterns, patternNamed }: GrokOptions, wanted: Wanted): Plan {
  const names: string[] = [];
  let isLinear = true;
  const ready = patterns.map((pattern): Ready => {
    const compiled = compilePattern(pattern, patternNamed, wanted, false);
    const stores = [...fieldsOf(compiled)].map(([name, tree]) => {
      if (!names.includes(name)) names.push(name);
      return { column: names.indexOf(name), tree };
    });
    const lines = compilePattern(pattern, patternNamed, wanted, true);
    isLinear &&= compiled.isLinear && lines.isLinear;
    return { expression: compiled.expression, lines: lines.expression, stores };
  });
  return { wanted, names, patterns: ready, isLinear };
}
