import type { DetachedBatch, DetachedMeta } from '#component';

/** The kind of a frame whose payload is a batch of this form. */
export const BATCH_KIND = 1;

const LENGTH_BYTES = 4;

/** The description of a batch as JSON has it: the preamble, which is bytes, in base64. */
interface Described extends Omit<DetachedMeta, 'partition'> {
  readonly partition: { readonly source: string; readonly name: string; readonly preamble?: string };
}

/** Writes batches as payloads: the length of the description (32 bits, little-endian), the description (JSON), the bytes. */
export class PayloadWriter {
  #buffer = Buffer.alloc(0);

  /** Valid until the next call. */
  encode(meta: DetachedMeta, bytes: Uint8Array): Uint8Array {
    const description = Buffer.from(describe(meta));
    const length = LENGTH_BYTES + description.length + bytes.length;
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafe(length);
    this.#buffer.writeUInt32LE(description.length, 0);
    this.#buffer.set(description, LENGTH_BYTES);
    this.#buffer.set(bytes, LENGTH_BYTES + description.length);
    return this.#buffer.subarray(0, length);
  }
}

/** How many bytes a buffer needs for the batch of this payload. */
export function batchBytes(payload: Uint8Array): number {
  return payload.length - LENGTH_BYTES - viewOf(payload).getUint32(0, true);
}

/** Copies the batch of a payload into a buffer that is large enough. */
export function decodePayload(payload: Uint8Array, buffer: ArrayBuffer): DetachedBatch {
  const start = LENGTH_BYTES + viewOf(payload).getUint32(0, true);
  const text = Buffer.from(
    payload.buffer,
    payload.byteOffset + LENGTH_BYTES,
    start - LENGTH_BYTES,
  ).toString();
  new Uint8Array(buffer).set(payload.subarray(start));
  return { buffer, meta: metaOf(text) };
}

/** All about a batch but its bytes, as a JSON text. */
export function describe({ partition, ...meta }: DetachedMeta): string {
  const { preamble, ...where } = partition;
  const text = preamble && Buffer.from(preamble).toString('base64');
  const described: Described = {
    ...meta,
    partition: text === undefined ? where : { ...where, preamble: text },
  };
  return JSON.stringify(described);
}

export function metaOf(description: string): DetachedMeta {
  const { partition, ...meta } = JSON.parse(description) as Described;
  const { preamble, ...where } = partition;
  const bytes = preamble === undefined ? undefined : Uint8Array.from(Buffer.from(preamble, 'base64'));
  return { ...meta, partition: bytes ? { ...where, preamble: bytes } : where };
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
