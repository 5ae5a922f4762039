/** Numbers that a thread shares with the one that watches it. All are 0 while nothing of the kind is under way. */
export const Suspect = { SERIAL: 0, OFFSET: 1, LIMIT_MS: 2, LENGTH: 3 } as const;

let cell: Float64Array | undefined;
let serial = 0;

/** From now on this thread writes there at which record it is. */
export function shareSuspect(shared: Float64Array | undefined): void {
  cell = shared;
}

/**
 * Says that something begins that may never end, so that whoever watches knows which record it is that keeps this thread
 * busy, and how long it may.
 * @param offset the record's position in its partition
 */
export function suspect(offset: number, limitMs: number): void {
  if (!cell) return;
  cell[Suspect.OFFSET] = offset;
  cell[Suspect.LIMIT_MS] = limitMs;
  cell[Suspect.SERIAL] = ++serial;
}

/** It has ended. */
export function clearSuspect(): void {
  if (cell) cell[Suspect.SERIAL] = 0;
}
