/**
 * Segments of which a sync has failed in this process, by id. What such a file holds is unknown to all but the disk, and
 * a second sync would say that all is well, so there is none. What was durable before still is.
 */
const givenUp = new Set<string>();

export function giveUp(segmentId: string): void {
  givenUp.add(segmentId);
}

export function isGivenUp(segmentId: string): boolean {
  return givenUp.has(segmentId);
}
