import {
  type Arena,
  ArenaWriter,
  type Batch,
  gather,
  gatherRows,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../batch/index.js';
import {
  type BlockOrigin,
  type Envelope,
  type EnvelopeOfRecords,
  type EnvelopeValue,
  joinColumns,
  type TextColumn,
} from '../component/index.js';
import { compileValueTemplate, parseTemplate, type TextPart } from '../expression/index.js';
import { keysOf, textsOf } from './envelope-texts.js';
import { gatherGroups, TextGroups } from './text-groups.js';

/** The code of records for which a value of the envelope cannot be evaluated. */
const ENVELOPE_REFUSED = 'envelope_refused';

type Values = Readonly<Record<string, Vector>>;
type Refuse = (row: number, code: string, message: string) => void;

/** Records that are written together, and the values of their envelope. */
export interface Enveloped {
  readonly batch: Batch;
  /** For each row, or with `batch` for the first. */
  readonly values: Values;
  /** With `batch`: what its records agree in. */
  readonly key?: string;
}

/** Evaluates what a sink has to know of each record. For one thread. */
export class EnvelopeProgram {
  readonly #programs: readonly (readonly [string, EnvelopeValue, TextPart])[];
  readonly #isBatch: boolean;
  readonly #groups = new TextGroups();

  constructor({ values, batch }: EnvelopeOfRecords) {
    this.#isBatch = batch ?? false;
    this.#programs = Object.entries(values).map(
      ([name, value]) => [name, value, compileValueTemplate(parseTemplate(value.template))] as const,
    );
  }

  get isBatch(): boolean {
    return this.#isBatch;
  }

  /**
   * The records with their values, one part, or with `batch` one for each that agree.
   * @param refuse is called for the rows that are in none
   */
  split(arena: Arena, batch: Batch, refuse: Refuse): Enveloped[] {
    const vectors = this.#programs.map(
      ([name, value, program]) => [name, textsOf(arena, value.as, program.evaluate(arena, batch))] as const,
    );
    const kept = refuseErrors(arena, vectors, batch.rows, refuse);
    const of = (vector: Vector) => (kept ? gather(arena, vector, kept, kept.length) : vector);
    const values = Object.fromEntries(vectors.map(([name, vector]) => [name, of(vector)]));
    const well = kept ? gatherRows(arena, batch, kept, kept.length) : batch;
    return this.#isBatch ? this.#group(arena, well, values) : [{ batch: well, values }];
  }

  #group(arena: Arena, batch: Batch, values: Values): Enveloped[] {
    const agreed = this.#programs.filter(([, { of }]) => of === undefined).map(([name]) => values[name]!);
    const keys = keysOf(arena, agreed, batch.rows);
    const groups = this.#groups.group(arena, keys, batch.rows);
    const { firstRows } = this.#groups;
    const all = firstRows.map(() => true);
    return gatherGroups(arena, batch, groups, all).map((part, group) => {
      const first = arena.int32(1).fill(firstRows[group]!);
      const ofFirst = Object.entries(values).map(([name, vector]) => [name, gather(arena, vector, first, 1)]);
      const start = textAddress(keys.views!, firstRows[group]!);
      const key = arena.bytes.subarray(start, start + textLength(keys.views!, firstRows[group]!));
      return { batch: part!, values: Object.fromEntries(ofFirst), key: Buffer.from(key).toString('latin1') };
    });
  }
}

/** The rows without errors, where others have some. */
function refuseErrors(
  arena: Arena,
  vectors: readonly (readonly [string, Vector])[],
  rows: number,
  refuse: Refuse,
): Int32Array | undefined {
  const failing = vectors.filter(([, { uniform, errors }]) => uniform === undefined && errors);
  if (failing.length === 0) return undefined;
  const kept = arena.int32(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const failed = failing.find(([, { tags }]) => tags[row] === Tag.ERROR);
    if (!failed) kept[count++] = row;
    else
      refuse(row, ENVELOPE_REFUSED, `it has no ${failed[0]}: ${failed[1].errors![failed[1].numbers![row]!]}`);
  }
  return count === rows ? undefined : kept.subarray(0, count);
}

/**
 * Copies what a block carries out of the arena.
 * @param ends of its messages, from its first byte on
 */
export function envelopeOf(arena: Arena, { batch, values }: Enveloped, ends: Int32Array): Envelope {
  const columns = Object.entries(values).map(([name, vector]) => [name, columnOf(arena, vector)] as const);
  return { ends, values: Object.fromEntries(columns), origin: originOf(arena, batch) };
}

function originOf(arena: Arena, { origin, partition, rows }: Batch): BlockOrigin {
  const { starts, lengths, offsets, meta } = origin;
  return {
    partition,
    positions: offsets.slice(0, rows),
    records: copyTexts(arena, starts, lengths, rows),
    meta: meta && columnOf(arena, meta),
  };
}

/** A vector of texts. */
function columnOf(arena: Arena, { length, tags, views }: Vector): TextColumn {
  const starts = new Int32Array(length);
  const lengths = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const isThere = tags[row] !== Tag.ABSENT;
    if (isThere) starts[row] = textAddress(views!, row);
    lengths[row] = isThere ? textLength(views!, row) : -1;
  }
  return copyTexts(arena, starts, lengths, length);
}

/** The first `count` of these. A negative length is a text that there is not. */
function copyTexts(arena: Arena, starts: Int32Array, lengths: Int32Array, count: number): TextColumn {
  const writer = new ArenaWriter(arena);
  const ends = new Int32Array(count);
  writer.begin();
  const { at } = writer;
  for (let row = 0; row < count; row++) {
    const length = lengths[row]!;
    if (length > 0) writer.copy(starts[row]!, length);
    const end = writer.at - at;
    ends[row] = length < 0 ? ~end : end;
  }
  // Nothing is kept in the arena: what is copied out of it is a buffer of its own.
  return { bytes: arena.bytes.slice(at, writer.at), ends };
}

/** @param isBatch they are those of one message */
export function joinEnvelopes(envelopes: readonly Envelope[], isBatch: boolean): Envelope {
  const [first] = envelopes;
  if (envelopes.length === 1) return first!;
  const lengths = envelopes.map(({ ends }) => ends.at(-1)!);
  const names = Object.keys(first!.values);
  const joined = names.map(
    (name) => [name, joinColumns(envelopes.map(({ values }) => values[name]!))] as const,
  );
  return {
    ends: isBatch
      ? Int32Array.of(lengths.reduce((sum, length) => sum + length, 0))
      : joinColumns(envelopes.map(({ ends }) => ({ bytes: new Uint8Array(ends.at(-1)!), ends }))).ends,
    values: isBatch ? first!.values : Object.fromEntries(joined),
    origin: joinOrigins(envelopes.map(({ origin }) => origin)),
  };
}

function joinOrigins(origins: readonly BlockOrigin[]): BlockOrigin {
  const positions = new Float64Array(origins.reduce((sum, origin) => sum + origin.positions.length, 0));
  let at = 0;
  for (const origin of origins) {
    positions.set(origin.positions, at);
    at += origin.positions.length;
  }
  const { partition, meta } = origins[0]!;
  return {
    partition,
    positions,
    records: joinColumns(origins.map(({ records }) => records)),
    meta: meta && joinColumns(origins.map((origin) => origin.meta!)),
  };
}
