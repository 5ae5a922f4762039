import { type Arena, ArenaFull, type Batch, detachBatch, gatherRows, type Records } from '../batch/index.js';
import { type PieceDecoder, PieceRefused } from '../formats/index.js';
import type { ChainPlan } from '../plan/index.js';
import { AskNode } from './ask-node.js';
import { createNodes, type Node } from './create-nodes.js';
import { type Cutter, framingCutter, messageCutter, placeMessages } from './cutter.js';
import { type Encoded, EncodeNode } from './encode-node.js';
import { Ledger, Stopped } from './ledger.js';
import { type DecodeNode, type PassedBatch, TransformNode } from './nodes.js';
import { LeafOutput, OutputBuffers, outputOf, packDeadLetters } from './outputs.js';
import { bytesOfPiece } from './piece-record.js';
import { Probe } from './probe.js';
import type { ReceiveNode } from './receive-node.js';
import { SendNode, type Sent } from './send-node.js';
import {
  bufferOfInput,
  Counter,
  type MessagesInput,
  type TripInput,
  type TripOutput,
  type TripRequest,
  type TripResult,
} from './trip.js';

/**
 * A chain made ready in one thread. A trip runs it over one chunk of bytes or one batch: all nodes in order, in the
 * thread's arena, which is empty again afterwards. Only finished bytes, counts and dead letters come back.
 */
export class Chain {
  readonly #plan: ChainPlan;
  readonly #pipeline: string;
  readonly #arena: Arena;
  readonly #nodes: readonly Node[];
  readonly #leaves = new Map<number, LeafOutput>();
  #sent: TripOutput[] = [];
  #buffers = new OutputBuffers([]);
  /** Where the trip's chunk lies in the arena. */
  #chunk = { start: 0, end: 0 };

  private constructor(plan: ChainPlan, pipeline: string, arena: Arena, nodes: readonly Node[]) {
    this.#plan = plan;
    this.#pipeline = pipeline;
    this.#arena = arena;
    this.#nodes = nodes;
  }

  static async create(plan: ChainPlan, pipeline: string, arena: Arena): Promise<Chain> {
    return new Chain(plan, pipeline, arena, await createNodes(plan, arena));
  }

  run(request: TripRequest, nowMs: number): TripResult {
    const probe = request.taps && new Probe(request.taps, this.#arena);
    const ledger = new Ledger(this.#pipeline, this.#plan.nodes.length, nowMs, probe);
    this.#arena.reset();
    this.#leaves.clear();
    this.#sent = [];
    this.#buffers = new OutputBuffers(request.spares);
    for (const [node, resource] of request.resources ?? []) {
      (this.#nodes[node] as TransformNode).resource = resource;
    }
    try {
      if (request.input.kind === 'bytes') this.#runBytes(request.input, ledger);
      else this.#runNodes(this.#attach(request.input), ledger, performance.now());
      return this.#pack(request, ledger);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      const { counts, errors } = ledger;
      return { outputs: [], returned: [], counts, errors, stoppedBy: error.by };
    }
  }

  #attach({ batch, rows }: TripInput & { kind: 'batch' }): Batch {
    const attached = (this.#nodes[0] as ReceiveNode).run(this.#arena, batch);
    const root = this.#nodes[1];
    if (root instanceof TransformNode) root.answer(batch, rows);
    if (!rows) return attached;
    const count = rows.to - rows.from;
    const chosen = this.#arena.int32(count);
    for (let i = 0; i < count; i++) chosen[i] = rows.from + i;
    return gatherRows(this.#arena, attached, chosen, count);
  }

  /** Runs a chunk, in several batches when it has more records than a batch may have. */
  #runBytes(input: TripInput & { kind: 'bytes' }, ledger: Ledger): void {
    const decode = this.#nodes[0] as DecodeNode;
    const { messages } = input;
    if (messages) {
      this.#runRecords(decode, this.#placeMessages(input, messages), input, ledger);
      return;
    }
    const start = this.#arena.place(new Uint8Array(input.buffer, input.byteOffset, input.length));
    const end = start + input.length;
    this.#chunk = { start, end };
    this.#arena.bytes[end] = 0;
    if (this.#plan.copiesLines && !ledger.probe && this.#copyLines(ledger)) return;
    if (decode.pieces) {
      this.#runPieces(decode, decode.pieces, input, ledger);
      return;
    }
    const extent = { from: start, to: end };
    const framing = this.#plan.nodes[0]!.framing!;
    const cutter = framingCutter(this.#arena, framing, extent, input.offset - start, input.rows);
    this.#runRecords(decode, cutter, input, ledger);
  }

  #placeMessages(input: TripInput & { kind: 'bytes' }, messages: MessagesInput): Cutter {
    const placed = placeMessages(this.#arena, input, messages);
    this.#chunk = { start: placed.start, end: placed.start + input.length };
    return messageCutter(this.#arena, placed, input.rows);
  }

  #runRecords(
    decode: DecodeNode,
    cutter: Cutter,
    input: TripInput & { kind: 'bytes' },
    ledger: Ledger,
  ): void {
    const arena = this.#arena;
    const { top } = arena;
    let limit = this.#plan.maxRecords;
    for (let at = cutter.from; at < cutter.to; ) {
      if (at > cutter.from) this.#emptyArena(top);
      const mark = ledger.mark();
      const startedMs = performance.now();
      const framed = cutter.cut(at, limit);
      try {
        const root = decode.run(arena, ledger, framed.records, input.partition, input.readAtMs);
        this.#runNodes(root, ledger, startedMs);
      } catch (error) {
        if (!(error instanceof ArenaFull)) throw error;
        ledger.restore(mark);
        if (framed.records.count > 1) {
          limit = Math.ceil(framed.records.count / 2);
          continue;
        }
        this.#refuse(framed.records, input, ledger, 'record_too_large', error.message);
      }
      at = framed.next;
    }
  }

  /** Runs the records of pieces that hold many each, a batch at a time. */
  #runPieces(
    decode: DecodeNode,
    pieces: PieceDecoder,
    input: TripInput & { kind: 'bytes' },
    ledger: Ledger,
  ): void {
    const { top, bytes } = this.#arena;
    const { start, end } = this.#chunk;
    let skipped = input.rows?.from ?? 0;
    let left = input.rows ? input.rows.to - input.rows.from : Number.POSITIVE_INFINITY;
    for (let at = start; at < end && left > 0; ) {
      const piece = { ...pieces.pieceAt(bytes, at, end), offset: input.offset + at - start };
      at = piece.end;
      const to = Math.min(piece.records, skipped + left);
      let limit = this.#plan.maxRecords;
      for (let from = skipped; from < to; ) {
        const rows = { from, to: Math.min(to, from + limit) };
        this.#emptyArena(top);
        const mark = ledger.mark();
        const startedMs = performance.now();
        try {
          const root = decode.runPiece(this.#arena, ledger, piece, rows, input);
          this.#runNodes(root, ledger, startedMs);
          from = rows.to;
        } catch (error) {
          if (!(error instanceof ArenaFull || error instanceof PieceRefused)) throw error;
          ledger.restore(mark);
          const isTooLarge = error instanceof ArenaFull;
          if (isTooLarge && rows.to - from > 1) {
            limit = Math.ceil((rows.to - from) / 2);
            continue;
          }
          const code = isTooLarge ? 'record_too_large' : 'decode_failed';
          this.#refuse(bytesOfPiece(piece), input, ledger, code, error.message);
          from = isTooLarge ? rows.to : to;
        }
      }
      left -= Math.max(0, to - skipped);
      skipped = Math.max(0, skipped - piece.records);
    }
  }

  /** Counts the chunk's lines and puts it out whole; false when it must be looked at line by line after all. */
  #copyLines(ledger: Ledger): boolean {
    const startedMs = performance.now();
    const lines = this.#arena.kernels.countPlainLines(this.#chunk.start, this.#chunk.end);
    if (lines < 0) return false;
    ledger.add(0, Counter.IN, lines);
    ledger.add(0, Counter.OUT, lines);
    ledger.worked(0, startedMs);
    for (let leaf = 1; leaf < this.#plan.nodes.length; leaf++) this.#leaf(leaf).add(this.#chunk, lines);
    return true;
  }

  #refuse(
    records: Records,
    input: TripInput & { kind: 'bytes' },
    ledger: Ledger,
    code: string,
    message: string,
  ): void {
    const { stage, onError } = this.#plan.nodes[0]!;
    ledger.add(0, Counter.IN, 1);
    const batch = { origin: records, partition: input.partition };
    ledger.fail(this.#arena, batch, 0, { node: 0, stage, onError }, code, message);
  }

  /** Between two batches of one trip: keeps what was put out and forgets everything but the chunk. */
  #emptyArena(top: number): void {
    for (const leaf of this.#leaves.values()) leaf.moveOut(this.#arena);
    this.#arena.reset(top);
  }

  /** @param startedMs when the work on its records began, on the monotonic clock */
  #runNodes(root: Batch, ledger: Ledger, startedMs: number): void {
    ledger.worked(0, startedMs);
    const batches: PassedBatch[][] = [[{ batch: root, reader: undefined }]];
    const encoded: { node: number; outputs: Encoded[] }[] = [];
    const sent: { node: number; parts: Sent[] }[] = [];
    for (let index = 1; index < this.#plan.nodes.length; index++) {
      const node = this.#nodes[index];
      const { stage, inputs } = this.#plan.nodes[index]!;
      const out: PassedBatch[] = [];
      batches.push(out);
      const nodeStartedMs = performance.now();
      for (const { batch, reader } of inputs.flatMap((input) => batches[input]!)) {
        if (batch.rows === 0 || (reader !== undefined && reader !== stage)) continue;
        if (node instanceof TransformNode) node.run(ledger, batch, out);
        else if (node instanceof EncodeNode) encoded.push({ node: index, outputs: node.run(ledger, batch) });
        else if (node instanceof SendNode || node instanceof AskNode)
          sent.push({ node: index, parts: node.run(this.#arena, batch, ledger) });
      }
      ledger.worked(index, nodeStartedMs);
    }
    // Only now, so that a batch that did not fit the arena has put out nothing when it is tried again in parts.
    for (const { node, outputs } of encoded)
      for (const { start, end, records, ...of } of outputs) this.#leaf(node).add({ start, end }, records, of);
    for (const { node, parts } of sent) for (const part of parts) this.#send(node, part);
  }

  #leaf(node: number): LeafOutput {
    const leaf = this.#leaves.get(node) ?? new LeafOutput();
    this.#leaves.set(node, leaf);
    return leaf;
  }

  #send(node: number, { batch, partition, ...escort }: Sent): void {
    const detached = detachBatch(this.#arena, batch, (bytes) => this.#buffers.take(bytes), escort);
    const to = partition === undefined ? {} : { partition };
    this.#sent.push({ kind: 'batch', node, records: batch.rows, batch: detached, ...to });
  }

  #pack(request: TripRequest, ledger: Ledger): TripResult {
    const { input } = request;
    const outputs: TripOutput[] = [...this.#sent];
    const verbatim = this.#packVerbatim(input);
    if (verbatim) outputs.push(verbatim);
    else this.#buffers.add(bufferOfInput(input));
    for (const [node, leaf] of this.#leaves) {
      if (node === verbatim?.node) continue;
      const buffer = this.#buffers.take(leaf.length);
      leaf.copyTo(this.#arena, new Uint8Array(buffer, 0, leaf.length));
      outputs.push(outputOf(node, leaf, buffer, 0));
    }
    const letters = packDeadLetters(ledger.deadLetters);
    if (letters) outputs.push(letters);
    return {
      outputs,
      returned: this.#buffers.left,
      counts: ledger.counts,
      errors: ledger.errors,
      stoppedBy: undefined,
      ...(ledger.probe && { samples: ledger.probe.samples }),
    };
  }

  /** The output that is a part of the chunk, byte for byte: it goes back in the chunk's own buffer, uncopied. */
  #packVerbatim(input: TripInput): TripOutput | undefined {
    if (input.kind !== 'bytes') return undefined;
    for (const [node, leaf] of this.#leaves) {
      const extent = leaf.single;
      if (!extent || extent.end > this.#chunk.end || leaf.length * 2 < input.length) continue;
      const byteOffset = input.byteOffset + extent.start - this.#chunk.start;
      return outputOf(node, leaf, input.buffer, byteOffset);
    }
    return undefined;
  }
}
