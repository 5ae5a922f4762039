import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { MillraceError } from '../base/errors.js';
import type { Storage, StoredFile } from '../base/storage.js';
import { checksum } from '../batch/index.js';

/**
 * The first 64 bytes of a segment: magic `MILLRLOG`, version (uint32), 4 zeros, base offset (double), id (8 bytes), time
 * of its creation in ms (double), the id once more with all bits turned, zeros, and at 60 the CRC-32C of what is before.
 */
export const SEGMENT_HEADER_BYTES = 64;

const MAGIC = 'MILLRLOG';
const VERSION = 2;
const CRC_AT = 60;
/** Of files that take the place of a segment once they are whole. */
export const NEW_SUFFIX = '.new';
const NAME = /^(\d{20})\.log$/;
const INDEX_NAME = /^(\d{20})\.index$/;

export interface SegmentHeader {
  readonly baseOffset: number;
  readonly segmentId: string;
  readonly createdMs: number;
}

export function segmentName(baseOffset: number): string {
  return `${String(baseOffset).padStart(20, '0')}.log`;
}

export function indexName(baseOffset: number): string {
  return `${String(baseOffset).padStart(20, '0')}.index`;
}

/** The base offsets of the segments in a folder, ascending. */
export async function listSegments(storage: Storage, folder: string): Promise<number[]> {
  return basesIn(await storage.list(folder), NAME);
}

/** The base offsets of the indexes in a folder, ascending. */
export async function listIndexes(storage: Storage, folder: string): Promise<number[]> {
  return basesIn(await storage.list(folder), INDEX_NAME);
}

function basesIn(names: readonly string[], pattern: RegExp): number[] {
  const bases = names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
  return bases.filter(Number.isSafeInteger).sort((a, b) => a - b);
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeDoubleLE(header.baseOffset, 16);
  bytes.write(header.segmentId, 24, 8, 'hex');
  bytes.writeDoubleLE(header.createdMs, 32);
  bytes.write(turned(header.segmentId), 40, 8, 'hex');
  bytes.writeUInt32LE(checksum(bytes.subarray(0, CRC_AT)), CRC_AT);
  return bytes;
}

export interface ReadSegmentHeader {
  readonly isSound: boolean;
  /** Those that frames of this segment may carry: one when the header is sound, else what two copies of it say. */
  readonly ids: ReadonlySet<string>;
}

/** Throws MillraceError `log_version` when another version wrote it. Damage is no error. */
export function decodeSegmentHeader(bytes: Buffer, baseOffset: number): ReadSegmentHeader {
  if (bytes.length < SEGMENT_HEADER_BYTES) return { isSound: false, ids: new Set() };
  if (isVersion1(bytes)) throw otherVersion(1);
  const id = bytes.toString('hex', 24, 32);
  const copy = turned(bytes.toString('hex', 40, 48));
  const isWhole =
    bytes.toString('latin1', 0, 8) === MAGIC &&
    checksum(bytes.subarray(0, CRC_AT)) === bytes.readUInt32LE(CRC_AT);
  if (!isWhole || bytes.readDoubleLE(16) !== baseOffset) return { isSound: false, ids: new Set([id, copy]) };
  if (bytes.readUInt32LE(8) !== VERSION) throw otherVersion(bytes.readUInt32LE(8));
  return { isSound: true, ids: new Set([id]) };
}

/** Had another checksum (zlib's), and must not be taken for damaged. */
function isVersion1(bytes: Buffer): boolean {
  return bytes.readUInt32LE(8) === 1 && crc32(bytes.subarray(0, CRC_AT)) === bytes.readUInt32LE(CRC_AT);
}

function turned(id: string): string {
  const bytes = Buffer.from(id, 'hex');
  for (const [i, byte] of bytes.entries()) bytes[i] = ~byte;
  return bytes.toString('hex');
}

function otherVersion(version: number): MillraceError {
  const message = `the log has format ${version}, and this version of Millrace knows ${VERSION}: run the version that wrote it`;
  return new MillraceError('log_version', message, { blame: 'config' });
}

/** Reads until `into` is full or the file ends; the bytes that are there. */
export async function readFully(file: StoredFile, into: Buffer, position: number): Promise<Buffer> {
  let length = 0;
  while (length < into.length) {
    const count = await file.read(into.subarray(length), position + length);
    if (count === 0) break;
    length += count;
  }
  return into.subarray(0, length);
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Undefined when the file is not there. */
export async function openToRead(
  storage: Storage,
  folder: string,
  name: string,
): Promise<StoredFile | undefined> {
  try {
    return await storage.open(join(folder, name), 'read');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Fine when the file is not there. */
export async function removeFile(storage: Storage, folder: string, name: string): Promise<void> {
  try {
    await storage.unlink(join(folder, name));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
