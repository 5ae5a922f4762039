import type { Envelope, TextColumn } from '../component/index.js';
import type { SinkItem } from './items.js';

export type EnvelopeArray = Uint8Array | Int32Array | Float64Array;
type MapArray = <A extends EnvelopeArray>(array: A) => A;

/** An item with other arrays in its envelopes, which are mapped in an order that is always the same. */
export function mapEnvelopes<I extends SinkItem>(item: I, map: MapArray): I {
  if (item.kind !== 'block') return item;
  const { envelope, parts } = item;
  return {
    ...item,
    ...(envelope && { envelope: mapEnvelope(envelope, map) }),
    ...(parts && {
      parts: parts.map((part) =>
        part.envelope ? { ...part, envelope: mapEnvelope(part.envelope, map) } : part,
      ),
    }),
  };
}

function mapEnvelope({ ends, values, origin }: Envelope, map: MapArray): Envelope {
  const column = (one: TextColumn): TextColumn => ({ bytes: map(one.bytes), ends: map(one.ends) });
  const { partition, positions, records, meta } = origin;
  return {
    ends: map(ends),
    values: Object.fromEntries(Object.entries(values).map(([name, one]) => [name, column(one)])),
    origin: {
      partition,
      positions: map(positions),
      records: column(records),
      meta: meta && column(meta),
    },
  };
}
