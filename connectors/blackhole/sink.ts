import type { Sink } from '#component';

const DONE = Promise.resolve();

export function createBlackholeSink(): Sink {
  return { write: () => DONE, prepare: () => DONE, close: () => DONE };
}
