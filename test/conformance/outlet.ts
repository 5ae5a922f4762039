import type { Chunk, Outlet } from '#component';

/** An outlet that keeps the books: which buffers are out, and how many bytes at the most at once. */
export class CountingOutlet implements Outlet {
  readonly batchBytes: number;
  readonly lingerMs: number;
  readonly lent = new Set<ArrayBuffer>();
  mostLentBytes = 0;
  mostLentBuffers = 0;
  /** How many lends are waiting for room. */
  waiting = 0;
  private readonly maxBuffers: number;
  private readonly recycled: ArrayBuffer[] = [];
  private readonly wakes: (() => void)[] = [];
  private stopped = false;

  constructor(batchBytes = 1024, { maxBuffers = Number.POSITIVE_INFINITY, lingerMs = 5 } = {}) {
    this.batchBytes = batchBytes;
    this.lingerMs = lingerMs;
    this.maxBuffers = maxBuffers;
  }

  async lend(bytes: number): Promise<ArrayBuffer> {
    while (this.lent.size >= this.maxBuffers && !this.stopped) {
      this.waiting++;
      await new Promise<void>((resolve) => this.wakes.push(resolve));
      this.waiting--;
    }
    if (this.stopped) throw new Error('the run has stopped');
    const buffer = this.take(bytes);
    this.lent.add(buffer);
    const lentBytes = [...this.lent].reduce((sum, one) => sum + one.byteLength, 0);
    this.mostLentBytes = Math.max(this.mostLentBytes, lentBytes);
    this.mostLentBuffers = Math.max(this.mostLentBuffers, this.lent.size);
    return buffer;
  }

  /** Buffers come back full of old bytes, so that a source which passes on what it did not read is found out. */
  private take(bytes: number): ArrayBuffer {
    const index = this.recycled.findIndex((buffer) => buffer.byteLength >= bytes);
    if (index < 0) return new ArrayBuffer(bytes);
    const buffer = this.recycled.splice(index, 1)[0]!;
    new Uint8Array(buffer).fill(0x7e);
    return buffer;
  }

  giveBack(buffer: ArrayBuffer): void {
    if (!this.lent.delete(buffer)) throw new Error('a buffer came back that was not lent');
    this.recycled.push(buffer);
    this.wakes.shift()?.();
  }

  /** As the run does when it must end at once: lends are refused. */
  stop(): void {
    this.stopped = true;
    for (const wake of this.wakes.splice(0)) wake();
  }
}

/** What a receiver has of a chunk after it gave the buffer back. */
export interface Received {
  readonly partition: string;
  readonly preamble: string | undefined;
  readonly offset: number;
  readonly bytes: Buffer;
  readonly refused: NonNullable<Chunk['refused']>;
  readonly dropped: number;
  readonly resume: Chunk['resume'];
}

/** Copies a chunk and gives its buffer back. */
export function receive(chunk: Chunk, outlet: CountingOutlet): Received {
  const isLent = outlet.lent.has(chunk.bytes.buffer);
  if (!isLent && (chunk.bytes.buffer.byteLength > 0 || !chunk.resume)) {
    throw new Error('a chunk lies in a buffer that was not lent');
  }
  const { partition, offset, refused = [], dropped = 0 } = chunk;
  const preamble = partition.preamble && Buffer.from(partition.preamble).toString();
  const received = {
    partition: partition.name,
    preamble,
    offset,
    bytes: Buffer.from(chunk.bytes),
    refused,
    dropped,
    resume: chunk.resume,
  };
  if (isLent) outlet.giveBack(chunk.bytes.buffer);
  return received;
}

/** The chunk held no records, and only told where to go on. */
export function saysOnlyWhere({ bytes, refused, dropped }: Received): boolean {
  return bytes.length === 0 && refused.length === 0 && dropped === 0;
}

/** All chunks that hold records. */
export async function receiveAll(chunks: AsyncIterable<Chunk>, outlet: CountingOutlet): Promise<Received[]> {
  const received: Received[] = [];
  for await (const chunk of chunks) {
    const one = receive(chunk, outlet);
    if (!saysOnlyWhere(one)) received.push(one);
  }
  return received;
}

export function textOf(received: readonly Received[]): string {
  return Buffer.concat(received.map((chunk) => chunk.bytes)).toString();
}
