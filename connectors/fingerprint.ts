import { createHash } from 'node:crypto';

/** So many bytes at the beginning of a file tell it from another that has come to have its inode. */
export const FINGERPRINT_BYTES = 1024;

/** What the first bytes of a file were. Plain JSON data. */
export interface Fingerprint {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * The fingerprint of a file's first bytes, or of fewer where it is shorter.
 * @param read reads from the beginning of the file, and answers how many bytes that were
 */
export async function fingerprintOf(
  read: (into: Buffer) => Promise<number>,
  bytes = FINGERPRINT_BYTES,
): Promise<Fingerprint> {
  const into = Buffer.alloc(bytes);
  return fingerprint(into.subarray(0, await read(into)));
}

export function fingerprint(bytes: Uint8Array): Fingerprint {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('base64') };
}

export function isEqual(a: Fingerprint, b: Fingerprint): boolean {
  return a.bytes === b.bytes && a.sha256 === b.sha256;
}
