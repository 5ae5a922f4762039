import { checksum } from '../batch/index.js';

/**
 * A segment is a file `<base offset, 20 digits>.log`: a header of 64 bytes (segment.ts), then frames, each at a multiple
 * of 8 bytes. All numbers are little-endian; those of 8 bytes are IEEE 754 doubles that hold whole numbers.
 *
 * | byte | of a frame |
 * |---|---|
 * | 0 | magic, `MRF1` |
 * | 4 | bytes of the payload, at least 1 |
 * | 8 | records in it, at least 1 |
 * | 12 | kind, which the user of the log chooses |
 * | 16 | offset of its first record (double) |
 * | 24 | time in ms since 1970 (double) |
 * | 32 | up to which offset the log was durable when this was written (double) |
 * | 40 | id of the segment, so that what an older file left on the disk cannot pass |
 * | 48 | CRC-32C of the payload |
 * | 52 | CRC-32C of the bytes 0 to 51, seeded with where the frame lies in the file: one that was put elsewhere cannot pass |
 * | 56 | the payload, then zeros up to a multiple of 8 |
 *
 * A frame is all or nothing.
 */
export const FRAME_HEADER_BYTES = 56;
export const ALIGNMENT = 8;
/** More than any block, and little enough for one buffer. */
export const MAX_PAYLOAD_BYTES = 2 ** 30;

const MAGIC = 0x3146524d;
const CRC_AT = 52;
const U32 = 2 ** 32;

export interface FrameHeader {
  readonly length: number;
  readonly records: number;
  readonly kind: number;
  readonly baseOffset: number;
  readonly timestampMs: number;
  readonly durableOffset: number;
  readonly segmentId: string;
  readonly payloadCrc: number;
}

/** What a frame takes in the file. */
export function frameBytes(payloadBytes: number): number {
  return FRAME_HEADER_BYTES + Math.ceil(payloadBytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * Writes a whole frame at `at`, which `frameBytes` must fit into.
 * @param position of the frame in the file
 */
export function writeFrame(
  into: Buffer,
  at: number,
  position: number,
  header: FrameHeader,
  payload: Uint8Array,
): void {
  into.writeUInt32LE(MAGIC, at);
  into.writeUInt32LE(header.length, at + 4);
  into.writeUInt32LE(header.records, at + 8);
  into.writeUInt32LE(header.kind, at + 12);
  into.writeDoubleLE(header.baseOffset, at + 16);
  into.writeDoubleLE(header.timestampMs, at + 24);
  into.writeDoubleLE(header.durableOffset, at + 32);
  into.write(header.segmentId, at + 40, 8, 'hex');
  into.writeUInt32LE(header.payloadCrc, at + 48);
  into.writeUInt32LE(headerCrc(into, at, position), at + CRC_AT);
  const start = at + FRAME_HEADER_BYTES;
  into.set(payload, start);
  into.fill(0, start + payload.length, at + frameBytes(payload.length));
}

function headerCrc(bytes: Buffer, at: number, position: number): number {
  return checksum(bytes.subarray(at, at + CRC_AT), position % U32);
}

/**
 * The header at `at`; undefined when there is none that is whole and sound. Says nothing about the payload.
 * @param position of the frame in the file
 */
export function readFrameHeader(bytes: Buffer, at: number, position: number): FrameHeader | undefined {
  if (at + FRAME_HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return undefined;
  if (headerCrc(bytes, at, position) !== bytes.readUInt32LE(at + CRC_AT)) return undefined;
  const header: FrameHeader = {
    length: bytes.readUInt32LE(at + 4),
    records: bytes.readUInt32LE(at + 8),
    kind: bytes.readUInt32LE(at + 12),
    baseOffset: bytes.readDoubleLE(at + 16),
    timestampMs: bytes.readDoubleLE(at + 24),
    durableOffset: bytes.readDoubleLE(at + 32),
    segmentId: bytes.toString('hex', at + 40, at + 48),
    payloadCrc: bytes.readUInt32LE(at + 48),
  };
  const isPossible = header.length > 0 && header.length <= MAX_PAYLOAD_BYTES && header.records > 0;
  return isPossible ? header : undefined;
}

/** The first place from `at` on, in steps of 8 bytes, where a frame may begin; `bytes.length` or a little more when there is none. */
export function findMagic(bytes: Buffer, at: number): number {
  let place = at;
  while (place + 4 <= bytes.length && bytes.readUInt32LE(place) !== MAGIC) place += ALIGNMENT;
  return place + 4 <= bytes.length ? place : Math.max(place, bytes.length);
}

export function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < U32;
}
