import type { Sink } from '#component';

const DONE = Promise.resolve();
const PREPARED = { state: null, durable: () => DONE };

export function createBlackholeSink(): Sink {
  return {
    open: () => Promise.resolve(null),
    write: () => DONE,
    prepare: () => Promise.resolve(PREPARED),
    close: () => DONE,
  };
}
