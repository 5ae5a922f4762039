import { checksum } from '../batch/index.js';
import { frameBytes, writeFrame } from './frame.js';
import type { AppendAbout } from './types.js';

/** An append that waits for its turn. */
export interface Waiting {
  readonly payload: Uint8Array;
  readonly about: AppendAbout;
  readonly resolve: (baseOffset: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Where the frames of a group go. */
export interface GroupPlace {
  readonly segmentId: string;
  /** Of the first frame in the segment. */
  readonly position: number;
  readonly nextOffset: number;
  readonly durableOffset: number;
}

/** Appends that wait together are written together, up to so many bytes. */
const GROUP_BYTES = 2 ** 20;

/** At least one; more as long as they are small and fit into `room`. */
export function nextGroup(entries: readonly Waiting[], from: number, room: number): readonly Waiting[] {
  let bytes = 0;
  let to = from;
  while (to < entries.length) {
    bytes += frameBytes(entries[to]!.payload.length);
    if (to > from && (bytes > GROUP_BYTES || bytes > room)) break;
    to++;
  }
  return entries.slice(from, to);
}

export function groupBytes(group: readonly Waiting[]): number {
  return group.reduce((sum, { payload }) => sum + frameBytes(payload.length), 0);
}

/** Writes the frames one after the other and tells where each lies; the offset after the last. */
export function writeGroup(
  into: Buffer,
  group: readonly Waiting[],
  place: GroupPlace,
  note: (baseOffset: number, position: number, timestampMs: number) => void,
): number {
  const { segmentId, durableOffset } = place;
  let baseOffset = place.nextOffset;
  let at = 0;
  for (const { payload, about } of group) {
    const { records, kind, timestampMs } = about;
    const { length } = payload;
    const payloadCrc = about.payloadCrc ?? checksum(payload);
    const header = { length, records, kind, baseOffset, timestampMs, durableOffset, segmentId, payloadCrc };
    writeFrame(into, at, place.position + at, header, payload);
    note(baseOffset, place.position + at, timestampMs);
    at += frameBytes(length);
    baseOffset += records;
  }
  return baseOffset;
}
