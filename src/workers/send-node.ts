import {
  type Arena,
  ArenaWriter,
  type Batch,
  type Escort,
  gatherRows,
  Tag,
  type Vector,
} from '../batch/index.js';
import type { Partitioning } from '../component/index.js';
import { compileExpression, type Program, parseExpression } from '../expression/index.js';
import type { NodePlan } from '../plan/index.js';
import { hashOfPartition, hashOfValue } from '../transforms/index.js';
import { MessageTexts } from './message-texts.js';

/** Some of a batch's records, which go to one partition of a durable queue. */
export interface Sent extends Escort {
  readonly batch: Batch;
  /** Of a memory queue there are none. */
  readonly partition?: number;
}

/** Records of one key must meet in one partition, whatever machine sends them: the seed never changes. */
const SEED = 0;

/** Hands batches to the queue of a stage: of a durable one, each record to its partition. */
export class SendNode {
  readonly #partitioning: Partitioning | undefined;
  readonly #key: Program | undefined;
  readonly #texts: MessageTexts | undefined;

  private constructor({ partitioning }: NodePlan, texts: MessageTexts | undefined) {
    this.#partitioning = partitioning;
    this.#texts = texts;
    const key = partitioning && partitioning.partitions > 1 ? partitioning.key : undefined;
    this.#key = key === undefined ? undefined : compileExpression(parseExpression(key));
  }

  static async create(plan: NodePlan, arena: Arena): Promise<SendNode> {
    const isJson = plan.partitioning?.payload === 'json';
    return new SendNode(plan, isJson ? await MessageTexts.create(arena) : undefined);
  }

  run(arena: Arena, batch: Batch): Sent[] {
    const sent = this.#split(arena, batch);
    return this.#texts ? sent.map((one) => ({ ...one, ...this.#texts!.of(one.batch) })) : sent;
  }

  #split(arena: Arena, batch: Batch): Sent[] {
    if (!this.#partitioning) return [{ batch }];
    const { partitions } = this.#partitioning;
    if (!this.#key) return [{ batch, partition: hashOfPartition(batch.partition, SEED) % partitions }];
    return split(arena, batch, this.#key.evaluate(arena, batch), partitions);
  }
}

/** Records whose key cannot be evaluated have none, as if it were null: they stay together. */
function split(arena: Arena, batch: Batch, key: Vector, partitions: number): Sent[] {
  const writer = new ArenaWriter(arena);
  const of = arena.int32(batch.rows);
  const ends = new Int32Array(partitions + 1);
  for (let row = 0; row < batch.rows; row++) {
    const isError = (key.uniform ?? key.tags[row]) === Tag.ERROR;
    const partition = isError ? 0 : hashOfValue(writer, key, row, SEED) % partitions;
    of[row] = partition;
    ends[partition + 1]!++;
  }
  for (let partition = 0; partition < partitions; partition++) ends[partition + 1]! += ends[partition]!;
  const next = ends.slice(0, -1);
  const rows = arena.int32(batch.rows);
  for (let row = 0; row < batch.rows; row++) rows[next[of[row]!]!++] = row;
  const sent: Sent[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const [from, to] = [ends[partition]!, ends[partition + 1]!];
    if (to === from) continue;
    const isWhole = to - from === batch.rows;
    const part = isWhole ? batch : gatherRows(arena, batch, rows.subarray(from, to), to - from);
    sent.push({ batch: part, partition });
  }
  return sent;
}
