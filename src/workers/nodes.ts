import {
  type Arena,
  type Batch,
  type DetachedBatch,
  gatherRows,
  questionsOf,
  type Records,
} from '../batch/index.js';
import type { Emit, Partition, Resource, Transform } from '../component/index.js';
import {
  type Decoded,
  type Decoder,
  type FormatDefinition,
  formatNamed,
  type Piece,
  type PieceDecoder,
  type Wanted,
} from '../formats/index.js';
import type { NodePlan } from '../plan/index.js';
import { EXCHANGES, TRANSFORMS } from '../transforms/index.js';
import type { Ledger } from './ledger.js';
import { Counter, type RowRange } from './trip.js';

function wantedOf(plan: NodePlan): Wanted {
  return { names: new Set(plan.wantedNames), all: plan.wantsAll ?? false };
}

/** Decodes a source's records. */
export class DecodeNode {
  readonly #plan: NodePlan;
  readonly #node: number;
  readonly #format: FormatDefinition;
  readonly #decoder: Decoder;
  readonly #pieces: PieceDecoder | undefined;
  readonly #wanted: Wanted;

  constructor(plan: NodePlan, node: number) {
    this.#plan = plan;
    this.#node = node;
    this.#format = formatNamed(plan.format!.type)!;
    this.#decoder = this.#format.decoder!.create(plan.format!);
    this.#pieces = this.#format.decoder!.createForPieces?.(plan.format!);
    this.#wanted = wantedOf(plan);
  }

  run(arena: Arena, ledger: Ledger, records: Records, partition: Partition, readAtMs: number): Batch {
    const decoded = this.#decoder.decode(arena, records, this.#wanted, partition, readAtMs);
    return this.#batch(arena, ledger, { ...decoded, records }, partition, readAtMs);
  }

  get pieces(): PieceDecoder | undefined {
    return this.#pieces;
  }

  /** Decodes some records of a piece. Throws PieceRefused. */
  runPiece(
    arena: Arena,
    ledger: Ledger,
    piece: Piece & { readonly offset: number },
    rows: RowRange,
    { partition, readAtMs }: { readonly partition: Partition; readonly readAtMs: number },
  ): Batch {
    const decoded = this.#pieces!.decode(arena, piece, rows, this.#wanted, partition, readAtMs);
    return this.#batch(arena, ledger, decoded, partition, readAtMs);
  }

  #batch(
    arena: Arena,
    ledger: Ledger,
    { columns, document, refused, records }: Decoded & { readonly records: Records },
    partition: Partition,
    readAtMs: number,
  ): Batch {
    const { type } = this.#plan.format!;
    const untouched = this.#format.verbatim && !records.holdsNewlines ? type : undefined;
    const batch: Batch = {
      rows: records.count,
      columns,
      document,
      origin: records,
      untouched,
      partition,
      readAtMs,
    };
    ledger.add(this.#node, Counter.IN, records.count);
    ledger.add(this.#node, Counter.OUT, records.count - refused.length);
    if (refused.length === 0) return this.#shown(arena, ledger, batch);
    const at = { node: this.#node, stage: this.#plan.stage, onError: this.#plan.onError };
    for (const { row, message } of refused) ledger.fail(arena, batch, row, at, 'decode_failed', message);
    const kept = withoutRows(
      arena,
      batch,
      refused.map(({ row }) => row),
    );
    return this.#shown(arena, ledger, kept);
  }

  /** Shows records in full to who looks at them, also the fields into which the pipeline does not look. */
  #shown(arena: Arena, { probe }: Ledger, batch: Batch): Batch {
    probe?.take(this.#plan.stage, 'outputs', batch, (part) => {
      if (this.#pieces) return part;
      const { origin, partition, readAtMs } = part;
      return { ...part, ...this.#decoder.decode(arena, origin, EVERYTHING, partition, readAtMs) };
    });
    return batch;
  }
}

const EVERYTHING: Wanted = { names: new Set(), all: true };

function withoutRows(arena: Arena, batch: Batch, without: readonly number[]): Batch {
  const rows = arena.int32(batch.rows);
  let count = 0;
  let next = 0;
  for (let row = 0; row < batch.rows; row++) {
    if (row === without[next]) next++;
    else rows[count++] = row;
  }
  return gatherRows(arena, batch, rows, count);
}

/** What a node has put out: for all who read it, or for one stage alone. */
export interface PassedBatch {
  readonly batch: Batch;
  readonly reader: string | undefined;
}

/** Runs one transform over one batch after another. */
export class TransformNode implements Emit {
  readonly arena: Arena;
  resource: Resource | undefined;
  answers: Uint8Array | undefined;
  /** Its readers' nodes by the ids of their stages. */
  readonly #readers: ReadonlyMap<string, number>;
  readonly #plan: NodePlan;
  readonly #at: { node: number; stage: string; onError: NodePlan['onError'] };
  readonly #transform: Transform;
  #ledger!: Ledger;
  #out!: PassedBatch[];

  constructor(plan: NodePlan, node: number, arena: Arena, readers: ReadonlyMap<string, number>) {
    this.#plan = plan;
    this.arena = arena;
    this.#readers = readers;
    this.#at = { node, stage: plan.stage, onError: plan.onError };
    const definition = [...TRANSFORMS, ...EXCHANGES].find(({ name }) => name === plan.type)!;
    this.#transform = definition.create(plan.config, plan.stage, wantedOf(plan));
  }

  /** Takes what the stage's memory has answered about some rows of a batch. */
  answer(batch: DetachedBatch, rows: RowRange | undefined): void {
    this.answers = questionsOf(batch)?.answers.subarray(rows?.from, rows?.to);
  }

  run(ledger: Ledger, batch: Batch, out: PassedBatch[]): void {
    this.#ledger = ledger;
    this.#out = out;
    ledger.add(this.#at.node, Counter.IN, batch.rows);
    ledger.probe?.take(this.#plan.stage, 'inputs', batch);
    this.#transform.apply(batch, this);
  }

  batch(batch: Batch, reader?: string): void {
    if (batch.rows === 0) return;
    if (reader === undefined) this.passed(batch.rows);
    else this.#ledger.add(this.#readers.get(reader)!, Counter.ROUTED, batch.rows);
    this.#ledger.probe?.take(this.#plan.stage, 'outputs', batch);
    this.#out.push({ batch, reader });
  }

  passed(count: number): void {
    this.#ledger.add(this.#at.node, Counter.OUT, count);
  }

  drop(count: number): void {
    this.#ledger.add(this.#at.node, Counter.DROPPED, count);
  }

  added(count: number): void {
    this.#ledger.add(this.#at.node, Counter.ADDED, count);
  }

  fail(batch: Batch, row: number, code: string, message: string): void {
    this.#ledger.fail(this.arena, batch, row, this.#at, code, message);
  }

  count(code: string, times: number): void {
    if (times > 0) this.#ledger.countError(this.#plan.stage, code, times);
  }
}
