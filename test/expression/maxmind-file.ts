/** A value of a MaxMind file: what its data section can hold. */
export type MaxMindValue =
  | string
  | boolean
  | { readonly double: number }
  | { readonly uint: number }
  | readonly MaxMindValue[]
  | { readonly map: Readonly<Record<string, MaxMindValue>> };

const RECORD_BITS = 24;
const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

/**
 * A MaxMind file (https://maxmind.github.io/MaxMind-DB/) of IPv4 ranges, small and written for tests.
 * @param ranges the first bits of addresses, as a text of 0 and 1, and what is known of them; none begins as another does
 */
export function maxMindFile(ranges: Readonly<Record<string, MaxMindValue>>): Buffer {
  const nodes: [number | string, number | string][] = [['', '']];
  for (const bits of Object.keys(ranges)) {
    let node = 0;
    [...bits].forEach((bit, i) => {
      const pair = nodes[node]!;
      const side = bit === '1' ? 1 : 0;
      if (i === bits.length - 1) pair[side] = bits;
      else if (typeof pair[side] === 'number') node = pair[side];
      else {
        node = nodes.push(['', '']) - 1;
        pair[side] = node;
      }
    });
  }
  const data: Buffer[] = [];
  const offsets = new Map<string, number>();
  let length = 0;
  for (const [bits, value] of Object.entries(ranges)) {
    offsets.set(bits, length);
    const encoded = encode(value);
    data.push(encoded);
    length += encoded.length;
  }
  const tree = Buffer.concat(
    nodes.flat().map((record) => {
      if (typeof record === 'number') return uintBytes(record, RECORD_BITS / 8);
      const offset = offsets.get(record);
      return uintBytes(offset === undefined ? nodes.length : nodes.length + 16 + offset, RECORD_BITS / 8);
    }),
  );
  const metadata = encode({
    map: {
      node_count: { uint: nodes.length },
      record_size: { uint: RECORD_BITS },
      ip_version: { uint: 4 },
      database_type: 'Test',
      languages: ['en'],
      binary_format_major_version: { uint: 2 },
      binary_format_minor_version: { uint: 0 },
      build_epoch: { uint: 1_714_566_600 },
      description: { map: { en: 'for tests' } },
    },
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, MARKER, metadata]);
}

function uintBytes(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

/** The control byte of a type, up to 28 long, extended types in a second byte. */
function control(type: number, length: number): Buffer {
  if (length > 28) throw new Error('too long for this writer');
  return type > 7 ? Buffer.of(length, type - 7) : Buffer.of((type << 5) | length);
}

function encode(value: MaxMindValue): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'boolean') return control(14, value ? 1 : 0);
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  if ('double' in value) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value.double);
    return Buffer.concat([control(3, 8), bytes]);
  }
  if ('uint' in value) return Buffer.concat([control(6, 4), uintBytes(value.uint, 4)]);
  const entries = Object.entries((value as { map: Record<string, MaxMindValue> }).map);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, member]) => [encode(key), encode(member)]),
  ]);
}
