interface FlatNumber {
  readonly kind: 'int8' | 'int16' | 'int64';
  readonly value: number;
}

/** What lies outside of the table. */
type FlatReference =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'table'; readonly fields: FlatFields }
  | { readonly kind: 'tables'; readonly items: readonly FlatFields[] }
  /** Structs of 64-bit numbers, so many of which make one. */
  | { readonly kind: 'structs'; readonly width: number; readonly numbers: readonly number[] };

/** What a field of a FlatBuffers table holds. */
export type FlatField = FlatNumber | FlatReference;

/** By their numbers in the schema; those that are undefined have their default. */
export type FlatFields = readonly (FlatField | undefined)[];

const NUMBER_BYTES: Readonly<Record<FlatNumber['kind'], number>> = { int8: 1, int16: 2, int64: 8 };
const REFERENCE_BYTES = 4;
const FIRST_BYTES = 4096;

/** Writes one table with all that it refers to, in the format of FlatBuffers (https://flatbuffers.dev/internals/). */
export class FlatWriter {
  #bytes = Buffer.alloc(FIRST_BYTES);
  #length = 0;

  /** Valid until the next call; a multiple of eight bytes long. */
  write(root: FlatFields): Buffer {
    this.#length = 0;
    this.#take(REFERENCE_BYTES, REFERENCE_BYTES);
    this.#bytes.writeUInt32LE(this.#table(root), 0);
    this.#take(0, 8);
    return this.#bytes.subarray(0, this.#length);
  }

  /** The table's own bytes, then what it refers to, which has to lie behind it. Returns its position. */
  #table(fields: FlatFields): number {
    const vtableBytes = 4 + 2 * fields.length;
    const vtable = this.#take(vtableBytes, 2);
    const at = this.#take(REFERENCE_BYTES, 8);
    this.#bytes.writeInt32LE(at - vtable, at);
    const places = fields.map((field) => (field ? this.#take(sizeOf(field), sizeOf(field)) : 0));
    this.#bytes.writeUInt16LE(vtableBytes, vtable);
    this.#bytes.writeUInt16LE(this.#length - at, vtable + 2);
    for (const [i, place] of places.entries())
      this.#bytes.writeUInt16LE(place === 0 ? 0 : place - at, vtable + 4 + 2 * i);
    for (const [i, field] of fields.entries()) if (field) this.#fill(places[i]!, field);
    return at;
  }

  #fill(place: number, field: FlatField): void {
    if (!('value' in field)) this.#refer(place, this.#referred(field));
    else if (field.kind === 'int8') this.#bytes.writeInt8(field.value, place);
    else if (field.kind === 'int16') this.#bytes.writeInt16LE(field.value, place);
    else this.#int64(place, field.value);
  }

  #referred(field: FlatReference): number {
    if (field.kind === 'table') return this.#table(field.fields);
    if (field.kind === 'text') return this.#text(field.text);
    if (field.kind === 'structs') return this.#structs(field.width, field.numbers);
    const { items } = field;
    const at = this.#take(4 + REFERENCE_BYTES * items.length, 4);
    this.#bytes.writeUInt32LE(items.length, at);
    for (const [i, item] of items.entries()) this.#refer(at + 4 + REFERENCE_BYTES * i, this.#table(item));
    return at;
  }

  #text(text: string): number {
    const length = Buffer.byteLength(text);
    const at = this.#take(4 + length + 1, 4);
    this.#bytes.writeUInt32LE(length, at);
    this.#bytes.write(text, at + 4);
    return at;
  }

  /** The count stands right before the first struct, which is aligned as 64-bit numbers are. */
  #structs(width: number, numbers: readonly number[]): number {
    this.#take(4, 8);
    const at = this.#take(4 + 8 * numbers.length, 4);
    this.#bytes.writeUInt32LE(numbers.length / width, at);
    for (const [i, value] of numbers.entries()) this.#int64(at + 4 + 8 * i, value);
    return at;
  }

  #int64(at: number, value: number): void {
    this.#bytes.writeBigInt64LE(BigInt(value), at);
  }

  #refer(place: number, to: number): void {
    this.#bytes.writeUInt32LE(to - place, place);
  }

  /** Room for so many bytes, cleared. Returns its position, which is a multiple of `alignment`. */
  #take(bytes: number, alignment: number): number {
    const at = Math.ceil(this.#length / alignment) * alignment;
    const end = at + bytes;
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    this.#bytes.fill(0, this.#length, end);
    this.#length = end;
    return at;
  }
}

function sizeOf(field: FlatField): number {
  return 'value' in field ? NUMBER_BYTES[field.kind] : REFERENCE_BYTES;
}
