import { equalAddresses } from '../base/ip-address.js';

/** What went wrong with one value. CEL's errors are values: `false && error` is false. */
export class Failure {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** CEL's `uint`: 64 bits, distinct from `int` but equal to it where the numbers are. */
export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** A moment, in nanoseconds since 1970 UTC. */
export class Timestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A span of time in nanoseconds. */
export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A type as a value: what `type(x)` gives. */
export class TypeValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A value that may not be there: what `.?`, `[?]` and `optional.of` give. */
export class Optional {
  static readonly none: Optional = new Optional(undefined);
  /** Undefined when it is empty. */
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** An IP address: 4 bytes, or 16. */
export class IpAddress {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A range of IP addresses: an address, bits beyond the prefix included, and how many of its first bits count. */
export class Cidr {
  readonly address: IpAddress;
  readonly prefixBits: number;

  constructor(address: IpAddress, prefixBits: number) {
    this.address = address;
    this.prefixBits = prefixBits;
  }
}

type MapKey = string | bigint | number | boolean;

/** A map with keys of type string, int, uint or bool, in the order of their first insertion. */
export class CelMap {
  readonly #entries = new Map<MapKey, { readonly key: Value; readonly value: Value }>();
  /** Whether it came from a record: then a key that it does not have reads as null instead of failing. */
  readonly isRecord: boolean;

  constructor(isRecord = false) {
    this.isRecord = isRecord;
  }

  /** The key under which equal numbers of any type meet, or undefined for values that are no keys. */
  static #normalize(key: Value): MapKey | undefined {
    if (typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint') return key;
    if (key instanceof Uint) return key.value;
    if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : key;
    return undefined;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns false when `key` is no key. */
  set(key: Value, value: Value): boolean {
    const normal = CelMap.#normalize(key);
    if (normal === undefined) return false;
    this.#entries.set(normal, { key, value });
    return true;
  }

  has(key: Value): boolean {
    const normal = CelMap.#normalize(key);
    return normal !== undefined && this.#entries.has(normal);
  }

  get(key: Value): Value | undefined {
    const normal = CelMap.#normalize(key);
    return normal === undefined ? undefined : this.#entries.get(normal)?.value;
  }

  entries(): Iterable<{ readonly key: Value; readonly value: Value }> {
    return this.#entries.values();
  }

  keys(): Value[] {
    return Array.from(this.#entries.values(), (entry) => entry.key);
  }
}

/** The types of values and the JavaScript values that stand for them in the row interpreter. */
export interface ValueOf {
  null: null;
  bool: boolean;
  int: bigint;
  uint: Uint;
  double: number;
  string: string;
  bytes: Uint8Array;
  timestamp: Timestamp;
  duration: Duration;
  list: readonly Value[];
  map: CelMap;
  type: TypeValue;
  optional: Optional;
  ip: IpAddress;
  cidr: Cidr;
  any: Value;
}

/** The name of a value's type; `any` where it is not known without data. */
export type ValueType = keyof ValueOf;

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint
  | Uint8Array
  | Timestamp
  | Duration
  | TypeValue
  | CelMap
  | Optional
  | IpAddress
  | Cidr
  | Failure
  | readonly Value[];

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The type of a value that is no Failure. */
export function typeOf(value: Value): ValueType {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    default:
      return typeOfObject(value);
  }
}

function typeOfObject(value: Value): ValueType {
  if (value === null) return 'null';
  if (isList(value)) return 'list';
  if (value instanceof CelMap) return 'map';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Timestamp) return 'timestamp';
  if (value instanceof Duration) return 'duration';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof TypeValue) return 'type';
  if (value instanceof Optional) return 'optional';
  if (value instanceof IpAddress) return 'ip';
  return value instanceof Cidr ? 'cidr' : 'any';
}

/** The number of an int, uint or double. JavaScript compares bigints with numbers exactly. */
export function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return value instanceof Uint ? value.value : undefined;
}

/** CEL's `==`: numbers by their value whatever their type, lists and maps deeply; values of different types differ. */
export function equalValues(a: Value, b: Value): boolean {
  const left = numberOf(a);
  // biome-ignore lint/suspicious/noDoubleEquals: only == compares a bigint with a number
  if (left !== undefined) return left == numberOf(b);
  if (isList(a)) {
    return isList(b) && a.length === b.length && a.every((item, index) => equalValues(item, b[index]!));
  }
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional) return b instanceof Optional && equalOptionals(a, b);
  if (a instanceof IpAddress) return b instanceof IpAddress && equalAddresses(a.bytes, b.bytes);
  if (a instanceof Cidr) {
    return (
      b instanceof Cidr && a.prefixBits === b.prefixBits && equalAddresses(a.address.bytes, b.address.bytes)
    );
  }
  return a === b;
}

function equalOptionals(a: Optional, b: Optional): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equalValues(a.value, b.value);
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false;
  for (const { key, value } of a.entries()) {
    const other = b.get(key);
    if (other === undefined || !equalValues(value, other)) return false;
  }
  return true;
}

/** Negative, 0 or positive; NaN when the two have no order although their types do; undefined when the types have none. */
export function compareValues(a: Value, b: Value): number | undefined {
  const left = numberOf(a);
  if (left !== undefined) {
    const right = numberOf(b);
    return right === undefined ? undefined : compareOrdered(left, right);
  }
  if (typeof a === 'string') return typeof b === 'string' ? compareText(a, b) : undefined;
  if (typeof a === 'boolean') return typeof b === 'boolean' ? Number(a) - Number(b) : undefined;
  if (a instanceof Timestamp) return b instanceof Timestamp ? compareOrdered(a.nanos, b.nanos) : undefined;
  if (a instanceof Duration) return b instanceof Duration ? compareOrdered(a.nanos, b.nanos) : undefined;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? Buffer.compare(a, b) : undefined;
  return undefined;
}

function compareOrdered(a: bigint | number, b: bigint | number): number {
  // biome-ignore lint/suspicious/noDoubleEquals: only == compares a bigint with a number
  return a < b ? -1 : a > b ? 1 : a == b ? 0 : Number.NaN;
}

/** Compares by code point, which is also the order of the UTF-8 bytes; JavaScript's `<` compares UTF-16 units. */
export function compareText(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    let left = a.charCodeAt(i);
    let right = b.charCodeAt(i);
    if (left === right) continue;
    // Surrogates stand for code points beyond all others, so they are lifted above U+E000..U+FFFF.
    if (left >= 0xd800) left = left >= 0xe000 ? left - 0x800 : left + 0x2000;
    if (right >= 0xd800) right = right >= 0xe000 ? right - 0x800 : right + 0x2000;
    return left - right;
  }
  return a.length - b.length;
}
