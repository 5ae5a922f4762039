import { CRC32C_TABLES, crc32c } from '../base/crc32c.js';
import { bindKernels, compileKernels, type Kernels } from './kernels/kernels.js';

/** How far back a byte's checksum reaches, as the kernel has it. */
const REACH = 5275;
/** What is worked on at once stays in the first cache, with what is before it. */
const CHUNK_BYTES = 16 * 1024;
/** The kernels' own addresses, the tables, what the kernel clears and reaches back to, the chunk. */
const TABLES_AT = 64 * 1024;
const CHUNK_AT = TABLES_AT + 16 * 1024;
const MEMORY_BYTES = 128 * 1024;
/** Fewer bytes are done before a kernel is called. */
const FEW_BYTES = 128;
/** What the last bytes cost is less than what is saved. */
const MANY_BYTES = 8 * 1024;

interface Workplace {
  readonly kernels: Kernels;
  readonly bytes: Uint8Array;
}

let workplace: Workplace | undefined;

function makeWorkplace(): Workplace {
  const memory = new WebAssembly.Memory({ initial: MEMORY_BYTES / 65536 });
  const words = new Uint32Array(memory.buffer, TABLES_AT);
  for (const [i, table] of CRC32C_TABLES.entries()) words.set(table, i * table.length);
  return { kernels: bindKernels(memory, compileKernels()), bytes: new Uint8Array(memory.buffer) };
}

/**
 * CRC-32C of bytes (RFC 3720, section 12.1), from 0 to 2^32 - 1: about 15 GB/s of many.
 * @param seed the checksum of the bytes before these
 */
export function checksum(bytes: Uint8Array, seed = 0): number {
  if (bytes.length < FEW_BYTES) return crc32c(bytes, seed);
  workplace ??= makeWorkplace();
  const crc = bytes.length < MANY_BYTES ? sliced(workplace, bytes, ~seed) : folded(workplace, bytes, ~seed);
  return ~crc >>> 0;
}

function sliced({ kernels, bytes: memory }: Workplace, bytes: Uint8Array, state: number): number {
  memory.set(bytes, CHUNK_AT);
  return kernels.sliceCrc32c(CHUNK_AT, CHUNK_AT + bytes.length, state, TABLES_AT);
}

function folded({ kernels, bytes: memory }: Workplace, bytes: Uint8Array, state: number): number {
  memory.fill(0, CHUNK_AT - REACH, CHUNK_AT);
  let end = CHUNK_AT;
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    // What the bytes before have brought stands before the next ones.
    if (from > 0) memory.copyWithin(CHUNK_AT - REACH, end - REACH, end);
    const chunk = bytes.subarray(from, from + CHUNK_BYTES);
    memory.set(chunk, CHUNK_AT);
    // A state is the same as to have it in the first four bytes.
    if (from === 0) for (let i = 0; i < 4; i++) memory[CHUNK_AT + i]! ^= state >>> (8 * i);
    end = CHUNK_AT + chunk.length;
    kernels.foldCrc32c(CHUNK_AT, end);
  }
  return kernels.finishCrc32c(end, TABLES_AT);
}
