const STOP = 0;
/** Types of the compact protocol. */
const Type = { TRUE: 1, FALSE: 2, I32: 5, I64: 6, BINARY: 8, LIST: 9, STRUCT: 12 } as const;

/** A value of Thrift, as far as Parquet's metadata needs them. */
export type ThriftValue =
  | { readonly i32: number }
  /** Up to 2^53. */
  | { readonly i64: number }
  | { readonly bool: boolean }
  | { readonly binary: Uint8Array | string }
  | { readonly list: readonly ThriftValue[]; readonly of: 'i32' | 'binary' | 'struct' }
  | { readonly struct: ThriftStruct };

/** Fields by their ids, in ascending order; those that are undefined are left out. */
export type ThriftStruct = Readonly<Record<number, ThriftValue | undefined>>;

/** A struct in Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md). */
export function encodeThrift(struct: ThriftStruct): Uint8Array {
  const writer = new ThriftWriter();
  writer.struct(struct);
  return writer.bytes();
}

class ThriftWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  struct(struct: ThriftStruct): void {
    let last = 0;
    for (const [key, value] of Object.entries(struct)) {
      if (value === undefined) continue;
      const id = Number(key);
      const type = typeOf(value);
      if (id - last <= 15) {
        this.#byte(((id - last) << 4) | type);
      } else {
        this.#byte(type);
        this.#zigzag(id);
      }
      last = id;
      this.#value(value);
    }
    this.#byte(STOP);
  }

  #value(value: ThriftValue): void {
    if ('i32' in value) this.#zigzag(value.i32);
    else if ('i64' in value) this.#zigzag(value.i64);
    else if ('binary' in value) this.#binary(value.binary);
    else if ('list' in value) this.#list(value.list, value.of);
    else if ('struct' in value) this.struct(value.struct);
  }

  #list(items: readonly ThriftValue[], of: 'i32' | 'binary' | 'struct'): void {
    const type = of === 'i32' ? Type.I32 : of === 'binary' ? Type.BINARY : Type.STRUCT;
    if (items.length < 15) {
      this.#byte((items.length << 4) | type);
    } else {
      this.#byte(0xf0 | type);
      this.#varint(items.length);
    }
    for (const item of items) this.#value(item);
  }

  #binary(value: Uint8Array | string): void {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    this.#varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #zigzag(value: number): void {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + size));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function typeOf(value: ThriftValue): number {
  if ('i32' in value) return Type.I32;
  if ('i64' in value) return Type.I64;
  if ('binary' in value) return Type.BINARY;
  if ('list' in value) return Type.LIST;
  if ('struct' in value) return Type.STRUCT;
  return value.bool ? Type.TRUE : Type.FALSE;
}
