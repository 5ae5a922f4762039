import type { DetachedBatch, Partition } from '../batch/index.js';
import type { Envelope, Resource } from '../component/index.js';
import type { TapRequest, TapSample } from './probe.js';

/** Of a piece that cannot be read so much is kept. */
export const KEPT_BYTES = 64 * 1024;

/** Some records of an input, in its order: those from `from` up to, but without, `to`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** What a trip brings to a thread: a chunk of a source's bytes, or a batch from a queue. */
export type TripInput =
  | {
      readonly kind: 'bytes';
      readonly buffer: ArrayBuffer;
      readonly byteOffset: number;
      readonly length: number;
      readonly partition: Partition;
      /** Position of the first byte in its partition. */
      readonly offset: number;
      readonly readAtMs: number;
      /** Where the bytes are messages. */
      readonly messages?: MessagesInput;
      /** Of a chunk of messages or of pieces (Arrow's), some of its records; without it all. Other chunks are made shorter instead. */
      readonly rows?: RowRange;
    }
  | {
      readonly kind: 'batch';
      readonly batch: DetachedBatch;
      /** Without it all. A part of a chunk needs none: it is a shorter chunk. */
      readonly rows?: RowRange;
    };

/** The messages of a chunk: see `Messages`. */
export interface MessagesInput {
  /** From the first byte on. */
  readonly ends: Int32Array;
  readonly positions: Float64Array;
  /** Behind the messages in the same buffer. */
  readonly meta?: { readonly byteOffset: number; readonly length: number; readonly ends: Int32Array };
}

export interface TripRequest {
  /** Index of the chain among those of all segments. */
  readonly chain: number;
  readonly input: TripInput;
  /** Recycled buffers for the outputs; those not used come back. */
  readonly spares: readonly ArrayBuffer[];
  /** What was made of the files of the chain's transforms, by node. */
  readonly resources?: ReadonlyMap<number, Resource>;
  /** Of which records someone wants to see samples. */
  readonly taps?: readonly TapRequest[];
  /** How long it may take in a thread; without it, as long as the lanes allow. */
  readonly timeoutMs?: number;
}

/** The leaf that takes dead letters, NDJSON; every chain has it. */
export const DEAD_LETTERS = -1;

/** What a leaf node has made of the trip's records. */
export type TripOutput = {
  /** Index of the leaf node in its chain, or DEAD_LETTERS. */
  readonly node: number;
  readonly records: number;
} & (
  | {
      readonly kind: 'bytes';
      readonly buffer: ArrayBuffer;
      readonly byteOffset: number;
      readonly length: number;
      /** Of records that go to paths: what lies one after another in the bytes. */
      readonly parts?: readonly OutputPart[];
      /** Of a sink that has one and no parts. */
      readonly envelope?: Envelope;
    }
  | {
      readonly kind: 'batch';
      readonly batch: DetachedBatch;
      /** Of the durable queue into which it goes. */
      readonly partition?: number;
    }
);

/** Records that go to the same path. */
export interface OutputPart {
  readonly key: string;
  readonly length: number;
  readonly records: number;
  readonly envelope?: Envelope;
}

/** A record on which a stage with `on_error: stop` failed. */
export interface StoppedBy {
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly source: string;
  readonly partition: string;
  readonly offset: number;
}

/**
 * Counters of one node, at node * COUNTERS + one of these: records, and the microseconds that it worked. ROUTED counts, for a
 * reader, what stages gave it that do not give all to all readers.
 */
export const Counter = { IN: 0, OUT: 1, DROPPED: 2, DEAD: 3, ADDED: 4, ROUTED: 5, WORKED_US: 6 } as const;
export const COUNTERS = 7;

export interface TripResult {
  readonly outputs: readonly TripOutput[];
  /** The input's buffer and the spares that no output used. */
  readonly returned: readonly ArrayBuffer[];
  readonly counts: Float64Array;
  /** Errors by `stage:code`, whatever became of the record. */
  readonly errors: Readonly<Record<string, number>>;
  readonly stoppedBy: StoppedBy | undefined;
  /** What was asked for with `taps`. */
  readonly samples?: readonly TapSample[];
}

/** The buffer in which a trip's input lies. */
export function bufferOfInput(input: TripInput): ArrayBuffer {
  return input.kind === 'bytes' ? input.buffer : input.batch.buffer;
}

/** All buffers of a request, for the transfer list. */
export function buffersOfRequest(request: TripRequest): ArrayBuffer[] {
  return [bufferOfInput(request.input), ...request.spares];
}

/** All buffers of a result, for the transfer list. */
export function buffersOfResult(result: TripResult): ArrayBuffer[] {
  const outputs = result.outputs.flatMap((output) =>
    output.kind === 'bytes'
      ? [output.buffer, ...envelopesOf(output).flatMap(buffersOfEnvelope)]
      : output.batch.buffer,
  );
  return [...outputs, ...result.returned, result.counts.buffer as ArrayBuffer];
}

/** The envelopes of an output, or of a block that was made of it. */
export function envelopesOf({
  parts = [],
  envelope,
}: {
  readonly parts?: readonly OutputPart[];
  readonly envelope?: Envelope;
}): Envelope[] {
  return [envelope, ...parts.map((part) => part.envelope)].filter((one) => one !== undefined);
}

/** Each of an envelope's arrays has a buffer of its own. */
export function buffersOfEnvelope({ ends, values, origin }: Envelope): ArrayBuffer[] {
  const { positions, records, meta } = origin;
  const columns = [...Object.values(values), records, meta].filter((column) => column !== undefined);
  const arrays = [ends, positions, ...columns.flatMap((column) => [column.bytes, column.ends])];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
