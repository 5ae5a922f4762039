const TWO_32 = 2 ** 32;

/** A 64-bit number that is known to be within 2^53 of zero: an offset, a time in milliseconds, a producer's number. */
export function int64At(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
}

export function writeInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / TWO_32), at);
  bytes.writeUInt32BE(value - Math.floor(value / TWO_32) * TWO_32, at + 4);
}

/** Reads a message of Kafka's protocol in its compact form (KIP-482), one thing after another. */
export class WireReader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  int64(): number {
    this.at += 8;
    return int64At(this.bytes, this.at - 8);
  }

  uuid(): string {
    this.at += 16;
    const hex = this.bytes.toString('hex', this.at - 16, this.at);
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  unsigned(): number {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
      shift += 7;
    }
  }

  text(): string | undefined {
    const length = this.unsigned() - 1;
    if (length < 0) return undefined;
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  /** Not a copy. */
  blob(): Buffer {
    const length = Math.max(0, this.unsigned() - 1);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** What each item is followed by is skipped. */
  array<T>(item: () => T): T[] {
    const count = this.unsigned() - 1;
    const items: T[] = [];
    for (let i = 0; i < count; i++) {
      items.push(item());
      this.tags();
    }
    return items;
  }

  /** Skips fields that only newer versions know. */
  tags(): void {
    for (let left = this.unsigned(); left > 0; left--) {
      this.unsigned();
      const length = this.unsigned();
      this.at += length;
    }
  }
}
