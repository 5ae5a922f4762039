/**
 * Segments of which a sync has failed in this process, by id. What such a file holds is unknown to all but the disk, and
 * a second sync would say that all is well: the next writer puts a copy in its place.
 */
const givenUp = new Set<string>();

export function giveUp(segmentId: string): void {
  givenUp.add(segmentId);
}

export function isGivenUp(segmentId: string): boolean {
  return givenUp.has(segmentId);
}

/** A copy of it is durable. */
export function restore(segmentId: string): void {
  givenUp.delete(segmentId);
}
