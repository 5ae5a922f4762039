import { join } from 'node:path';
import type { Storage } from '../base/storage.js';
import { checksum } from '../batch/index.js';
import { indexName, openToRead, readFully, removeFile } from './segment.js';

/**
 * The index of a sealed segment, `<base offset>.index`: magic `MILLRIDX`, version (uint32), entries (uint32), base offset
 * (double), id of the segment (8 bytes), bytes of the segment (double), latest time in it (double), 12 zeros, CRC-32C of
 * all other bytes (uint32 at 60); then entries of three doubles: offset, position, latest time of all frames before.
 *
 * It only says where to begin to look. Without it, or when it is wrong, the segment is read from its beginning.
 */
export interface SegmentIndex {
  readonly segmentId: string;
  /** Of the segment's file. */
  readonly size: number;
  readonly latestMs: number;
  readonly entries: readonly IndexEntry[];
}

export interface IndexEntry {
  readonly offset: number;
  readonly position: number;
  readonly latestBeforeMs: number;
}

/** A segment that is shorter has no index. */
export const INDEX_EVERY_BYTES = 256 * 1024;

const MAGIC = 'MILLRIDX';
const VERSION = 2;
const HEADER_BYTES = 64;
const ENTRY_BYTES = 24;
const CRC_AT = 60;
/** For a segment of many GiB; what says more is no index. */
const MAX_BYTES = 64 * 2 ** 20;

/** Collects the entries while a segment is written or read. */
export class IndexBuilder {
  readonly #entries: IndexEntry[] = [];
  #lastPosition = 0;
  #latestMs = Number.NEGATIVE_INFINITY;

  add(offset: number, position: number, timestampMs: number): void {
    if (position - this.#lastPosition >= INDEX_EVERY_BYTES) {
      this.#entries.push({ offset, position, latestBeforeMs: this.#latestMs });
      this.#lastPosition = position;
    }
    if (timestampMs > this.#latestMs) this.#latestMs = timestampMs;
  }

  get latestMs(): number {
    return this.#latestMs;
  }

  build(segmentId: string, size: number): SegmentIndex {
    return { segmentId, size, latestMs: this.#latestMs, entries: this.#entries };
  }
}

function encodeIndex(baseOffset: number, index: SegmentIndex): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + index.entries.length * ENTRY_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(index.entries.length, 12);
  bytes.writeDoubleLE(baseOffset, 16);
  bytes.write(index.segmentId, 24, 8, 'hex');
  bytes.writeDoubleLE(index.size, 32);
  bytes.writeDoubleLE(index.latestMs, 40);
  let at = HEADER_BYTES;
  for (const { offset, position, latestBeforeMs } of index.entries) {
    bytes.writeDoubleLE(offset, at);
    bytes.writeDoubleLE(position, at + 8);
    bytes.writeDoubleLE(latestBeforeMs, at + 16);
    at += ENTRY_BYTES;
  }
  bytes.writeUInt32LE(crcOf(bytes), CRC_AT);
  return bytes;
}

/** Undefined when it is damaged, or of another segment. */
function decodeIndex(bytes: Buffer, baseOffset: number): SegmentIndex | undefined {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(8) !== VERSION || bytes.readDoubleLE(16) !== baseOffset) return undefined;
  const count = bytes.readUInt32LE(12);
  if (bytes.length !== HEADER_BYTES + count * ENTRY_BYTES) return undefined;
  if (crcOf(bytes) !== bytes.readUInt32LE(CRC_AT)) return undefined;
  const entries: IndexEntry[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    entries.push({
      offset: bytes.readDoubleLE(at),
      position: bytes.readDoubleLE(at + 8),
      latestBeforeMs: bytes.readDoubleLE(at + 16),
    });
  }
  const segmentId = bytes.toString('hex', 24, 32);
  return { segmentId, size: bytes.readDoubleLE(32), latestMs: bytes.readDoubleLE(40), entries };
}

function crcOf(bytes: Buffer): number {
  return checksum(bytes.subarray(CRC_AT + 4), checksum(bytes.subarray(0, CRC_AT)));
}

/** Undefined when it is missing, unreadable or wrong. */
export async function loadIndex(
  storage: Storage,
  folder: string,
  baseOffset: number,
): Promise<SegmentIndex | undefined> {
  try {
    const file = await openToRead(storage, folder, indexName(baseOffset));
    if (!file) return undefined;
    try {
      const { size } = await file.stat();
      if (size > MAX_BYTES) return undefined;
      return decodeIndex(await readFully(file, Buffer.alloc(size), 0), baseOffset);
    } finally {
      await file.close();
    }
  } catch {
    // It would only have been quicker.
    return undefined;
  }
}

/** Replaces what is there. Never waits for the disk: an index that is torn is made anew. */
export async function saveIndex(
  storage: Storage,
  folder: string,
  baseOffset: number,
  index: SegmentIndex,
): Promise<void> {
  const name = indexName(baseOffset);
  await removeFile(storage, folder, name);
  const file = await storage.open(join(folder, name), 'write');
  try {
    await file.write(encodeIndex(baseOffset, index), 0);
  } finally {
    await file.close();
  }
}
