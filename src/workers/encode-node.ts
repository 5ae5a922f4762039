import { type Arena, ArenaWriter, type Batch, type FieldKind, gather, type Records } from '../batch/index.js';
import type { Envelope } from '../component/index.js';
import { type Encoder, type Framing, formatNamed } from '../formats/index.js';
import type { NodePlan } from '../plan/index.js';
import { encodeEach } from './encode-each.js';
import { type Enveloped, EnvelopeProgram, envelopeOf } from './envelope.js';
import type { Ledger } from './ledger.js';
import { PathGroups } from './path-groups.js';
import { Counter } from './trip.js';

const NEWLINE = 10;

/** Where in the arena encoded records lie. */
export interface Encoded {
  readonly start: number;
  readonly end: number;
  readonly records: number;
  /** Their path, where the sink's records have paths, or what they agree in. */
  readonly key?: string;
  readonly envelope?: Envelope;
}

/** Encodes batches for a sink. */
export class EncodeNode {
  readonly #plan: NodePlan;
  readonly #at: { node: number; stage: string; onError: NodePlan['onError'] };
  readonly #paths: PathGroups | undefined;
  readonly #envelope: EnvelopeProgram | undefined;
  readonly #framing: Framing | 'batches';
  readonly #writer: ArenaWriter;
  readonly #encoder: Encoder;

  private constructor(plan: NodePlan, node: number, arena: Arena, encoder: Encoder) {
    this.#plan = plan;
    this.#at = { node, stage: plan.stage, onError: plan.onError };
    this.#paths = plan.path && new PathGroups(plan.path);
    this.#envelope = plan.envelope && new EnvelopeProgram(plan.envelope);
    this.#framing = formatNamed(plan.format!.type)!.encoder!.framing(plan.format!);
    this.#writer = new ArenaWriter(arena);
    this.#encoder = encoder;
  }

  static async create(plan: NodePlan, node: number, arena: Arena): Promise<EncodeNode> {
    const encoder = await createEncoder(plan);
    return new EncodeNode(plan, node, arena, encoder);
  }

  run(ledger: Ledger, batch: Batch): Encoded[] {
    ledger.probe?.take(this.#plan.stage, 'inputs', batch);
    const refuse = (part: Batch, row: number, code: string, message: string): void => {
      ledger.add(this.#at.node, Counter.IN, 1);
      ledger.fail(this.#writer.arena, part, row, this.#at, code, message);
    };
    if (this.#envelope) {
      const parts = this.#envelope.split(this.#writer.arena, batch, (...why) => refuse(batch, ...why));
      return parts.map((part) => this.#encodeWithEnvelope(part, refuse)).filter(({ records }) => records > 0);
    }
    const groups = this.#paths?.split(this.#writer.arena, batch, (...why) => refuse(batch, ...why));
    return (groups ?? [{ batch }]).map(({ batch: part, ...key }) => {
      const prepared = this.#prepare(part, (row, message) => refuse(part, row, 'encode_failed', message));
      return { ...key, ...this.#encode(prepared), records: prepared.rows };
    });
  }

  #encodeWithEnvelope(
    { batch, values, ...key }: Enveloped,
    refuse: (batch: Batch, row: number, code: string, message: string) => void,
  ): Encoded {
    const { arena } = this.#writer;
    const refused = new Set<number>();
    const prepared = this.#prepare(batch, (row, message) => {
      refused.add(row);
      refuse(batch, row, 'encode_failed', message);
    });
    const isBatch = this.#envelope!.isBatch;
    const kept = refused.size === 0 || isBatch ? values : withoutRows(arena, values, batch.rows, refused);
    const { start, end, ends } = isBatch
      ? { ...this.#encode(prepared), ends: undefined }
      : encodeEach(this.#writer, this.#encoder, this.#framing, prepared, () => this.#encode(prepared));
    const envelope = envelopeOf(arena, { batch: prepared, values: kept }, ends ?? Int32Array.of(end - start));
    return { ...key, start, end, records: prepared.rows, envelope };
  }

  #prepare(batch: Batch, refuse: (row: number, message: string) => void): Batch {
    return this.#encoder.prepare?.(batch, this.#writer.arena, refuse) ?? batch;
  }

  #encode(batch: Batch): { start: number; end: number } {
    const verbatim =
      batch.untouched === this.#plan.format!.type && contiguousBytes(this.#writer.arena, batch.origin);
    if (verbatim) return verbatim;
    this.#writer.begin();
    this.#encoder.encode(batch, this.#writer);
    return this.#writer.end();
  }
}

/** The encoder of an `encode` node. */
export async function createEncoder(plan: NodePlan): Promise<Encoder> {
  const { fields, open } = plan.shape!;
  const shape = { fields: new Map(fields as readonly [string, FieldKind][]), open };
  return await formatNamed(plan.format!.type)!.encoder!.create(plan.format!, shape);
}

/** The extent of records that follow each other with nothing but a newline between them: it can go out as it is. */
function contiguousBytes(arena: Arena, records: Records): { start: number; end: number } | undefined {
  const { count, starts, lengths } = records;
  if (count === 0) return undefined;
  const start = starts[0]!;
  const end = starts[count - 1]! + lengths[count - 1]! + 1;
  let bytes = count;
  for (let row = 0; row < count; row++) bytes += lengths[row]!;
  return bytes === end - start && arena.bytes[end - 1] === NEWLINE ? { start, end } : undefined;
}

function withoutRows(
  arena: Arena,
  values: Enveloped['values'],
  rows: number,
  without: ReadonlySet<number>,
): Enveloped['values'] {
  const kept = arena.int32(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) if (!without.has(row)) kept[count++] = row;
  return Object.fromEntries(
    Object.entries(values).map(([name, vector]) => [name, gather(arena, vector, kept, count)]),
  );
}
