import {
  type Arena,
  type Batch,
  type Document,
  fieldOf,
  gatherRows,
  type Shape,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../batch/index.js';
import type { Config, Emit, Transform, TransformDefinition } from '../component/index.js';
import { visibleDocuments, type Wanted } from '../formats/index.js';
import { withHidden, withoutFields } from './record.js';

const VIEW_BYTES = 16;
const LOWER_N = 110;

/** What stands in place of a number of items. */
const KEPT_ONCE = -1;
const GONE = -2;

interface Options {
  readonly field: string;
  readonly into: string;
  readonly index: string | undefined;
  readonly whenEmpty: 'keep' | 'drop';
}

function optionsOf(config: Config): Options {
  const field = config.field as string;
  return {
    field,
    into: (config.into as string | undefined) ?? field,
    index: config.index as string | undefined,
    whenEmpty: config.when_empty as Options['whenEmpty'],
  };
}

/** The lists of a batch, found and cut into items. */
interface Lists {
  /** For each row the number of its items, or KEPT_ONCE, or GONE. */
  readonly counts: Int32Array;
  /** How many rows come out of it. */
  readonly rows: number;
  /** A view for each of them; one that is kept without an item has an empty view. */
  readonly views: Int32Array;
}

class Explode implements Transform {
  readonly #options: Options;
  /** The fields that the items and their places take. */
  readonly #made: readonly string[];

  constructor(options: Options) {
    this.#options = options;
    this.#made = options.index === undefined ? [options.into] : [options.into, options.index];
  }

  apply(batch: Batch, emit: Emit): void {
    const { arena } = emit;
    const lists = this.#cut(batch, emit);
    if (lists.rows === 0) return;
    const items = itemsOf(arena, lists);
    emit.added(lists.rows - items.records);
    const rest = this.#withoutList(arena, batch);
    const exploded = gatherRows(arena, rest, items.parents, lists.rows);
    const columns = new Map(exploded.columns).set(this.#options.into, items.values);
    if (this.#options.index !== undefined) columns.set(this.#options.index, items.indexes);
    const places = [...(exploded.origin.places ?? []), items.places];
    emit.batch({ ...exploded, columns, origin: { ...exploded.origin, places }, untouched: undefined });
  }

  /** Finds the items of all rows; rows that have none are dropped, kept or failed. */
  #cut(batch: Batch, emit: Emit): Lists {
    const { arena } = emit;
    const { field, whenEmpty } = this.#options;
    const counts = arena.int32(batch.rows);
    const list = fieldOf(batch, field);
    const start = arena.allocate(0);
    let end = start;
    let dropped = 0;
    for (let row = 0; row < batch.rows; row++) {
      let count = list ? cutRow(arena, list, row, end) : 0;
      if (count === GONE) {
        const message = `the field "${field}" holds ${describe(arena, list!, row)}, not a list`;
        emit.fail(batch, row, 'not_a_list', message);
      } else if (count === 0 && whenEmpty === 'drop') {
        count = GONE;
        dropped++;
      } else if (count === 0) {
        count = KEPT_ONCE;
        arena.ensure(end, VIEW_BYTES);
        arena.words.fill(0, end / 4, end / 4 + 4);
      }
      counts[row] = count;
      end += VIEW_BYTES * (count === KEPT_ONCE ? 1 : Math.max(count, 0));
    }
    arena.commit(end);
    emit.drop(dropped);
    const views = new Int32Array(arena.memory.buffer, start, (end - start) / 4);
    return { counts, rows: (end - start) / VIEW_BYTES, views };
  }

  /** What the record has beside its list. It is written once and not once an item: lists can be long, and what holds them large. */
  #withoutList(arena: Arena, batch: Batch): Batch {
    const { field, into } = this.#options;
    const gone = [field, ...this.#made];
    const document = withHidden(batch.document, gone);
    const visible: Document | undefined = document && {
      vector: visibleDocuments(arena, document),
      hidden: new Set(),
      members: document.members,
    };
    const rest = into === field ? batch : withoutFields(batch, [field]);
    return { ...rest, document: visible };
  }
}

/** Writes the views of a row's items to `views`. Returns their number, or GONE where the row holds no list. */
function cutRow(arena: Arena, list: Vector, row: number, views: number): number {
  const tag = list.uniform ?? list.tags[row];
  if (tag === Tag.ABSENT || tag === Tag.NULL) return 0;
  if (tag !== Tag.JSON) return GONE;
  const start = textAddress(list.views!, row);
  const length = textLength(list.views!, row);
  const first = arena.bytes[start];
  if (first === LOWER_N) return 0;
  if (first !== 0x5b) return GONE;
  // An item takes two bytes at least, its comma among them.
  arena.ensure(views, ((length >>> 1) + 1) * VIEW_BYTES);
  return arena.kernels.listItems(start, start + length, views);
}

function describe(arena: Arena, vector: Vector, row: number): string {
  const tag = vector.uniform ?? vector.tags[row];
  const first = tag === Tag.JSON ? arena.bytes[textAddress(vector.views!, row)] : undefined;
  if (first === 0x7b) return 'an object';
  if (tag === Tag.TEXT || first === 0x22) return 'a text';
  if (tag === Tag.BOOL || first === 0x74 || first === 0x66) return 'a boolean';
  return tag === Tag.TIMESTAMP ? 'a timestamp' : 'a number';
}

interface Items {
  /** How many records they are of. */
  readonly records: number;
  /** The row from which each comes, its value, and its place in its list, as a field and as a number that is -1 where there is no item. */
  readonly parents: Int32Array;
  readonly values: Vector;
  readonly indexes: Vector;
  readonly places: Int32Array;
}

function itemsOf(arena: Arena, { counts, rows, views }: Lists): Items {
  const parents = arena.int32(rows);
  const places = arena.int32(rows);
  const tags = arena.uint8(rows).fill(Tag.JSON);
  const indexTags = arena.uint8(rows).fill(Tag.INT);
  const numbers = arena.float64(rows);
  let out = 0;
  let records = 0;
  let keptOnce = 0;
  for (let row = 0; row < counts.length; row++) {
    const count = counts[row]!;
    if (count === GONE) continue;
    records++;
    if (count === KEPT_ONCE) {
      parents[out] = row;
      places[out] = -1;
      tags[out] = Tag.ABSENT;
      indexTags[out++] = Tag.ABSENT;
      keptOnce++;
    }
    for (let place = 0; place < count; place++) {
      parents[out] = row;
      places[out] = place;
      numbers[out++] = place;
    }
  }
  const isFull = keptOnce === 0;
  return {
    records,
    parents,
    values: { length: rows, tags, uniform: isFull ? Tag.JSON : undefined, numbers: undefined, views },
    indexes: {
      length: rows,
      tags: indexTags,
      uniform: isFull ? Tag.INT : undefined,
      numbers,
      views: undefined,
    },
    places,
  };
}

function needsOf({ field, into, index }: Options, wanted: Wanted): Wanted {
  const names = new Set(wanted.names);
  names.delete(into);
  if (index !== undefined) names.delete(index);
  return { names: names.add(field), all: wanted.all };
}

function shapeOf({ field, into, index }: Options, input: Shape): Shape {
  const fields = new Map(input.fields);
  if (field !== into) fields.delete(field);
  fields.set(into, 'any');
  if (index !== undefined) fields.set(index, 'int');
  return { fields, open: input.open };
}

function checkExplode(config: Config): { field: string; message: string }[] {
  const { into, index } = optionsOf(config);
  if (index !== into) return [];
  return [{ field: 'index', message: `the field "${into}" already takes the item: name another one` }];
}

/**
 * Makes a record of each item of a list. Each has the other fields of its record, and the origin (source, position, bytes) of
 * the record that was read, with its place in the list.
 */
export const EXPLODE: TransformDefinition = {
  kind: 'transform',
  name: 'explode',
  summary:
    'Makes a record of each item of a list, with the other fields of the record that held it. To make the members of an item fields of its record, let a parse of that field follow.',
  fields: [
    {
      name: 'field',
      summary:
        'The field that holds the list. A value that is no list fails as not_a_list and follows on_error.',
      type: { kind: 'string' },
      required: true,
      example: 'items',
    },
    {
      name: 'into',
      summary: 'The field that gets the item. Without it, the one that held the list.',
      type: { kind: 'string' },
      example: 'item',
    },
    {
      name: 'index',
      summary: "A field that gets the item's place in the list, from 0.",
      type: { kind: 'string' },
      example: 'line',
    },
    {
      name: 'when_empty',
      summary:
        'What becomes of a record whose list is empty, null or missing: it passes on once, without an item, or it is dropped.',
      type: { kind: 'enum', values: ['keep', 'drop'] },
      default: 'keep',
    },
  ],
  example: 'type: explode\ninputs: [orders]\nfield: items\ninto: item\nindex: line\n',
  sample: {
    input: '{"order":7,"items":[{"sku":"a1","count":2},{"sku":"b2","count":1}]}\n{"order":8,"items":[]}',
    output:
      '{"order":7,"item":{"sku":"a1","count":2},"line":0}\n{"order":7,"item":{"sku":"b2","count":1},"line":1}\n{"order":8}',
  },
  check: checkExplode,
  needs: (config, wanted) => needsOf(optionsOf(config), wanted),
  shape: (config, input) => shapeOf(optionsOf(config), input),
  create: (config) => new Explode(optionsOf(config)),
};
