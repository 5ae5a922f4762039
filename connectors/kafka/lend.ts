import type { Outlet } from '#component';

/** Waits for room; undefined when the signal aborts before there is some. */
export async function lendUnlessAborted(
  outlet: Outlet,
  bytes: number,
  signal: AbortSignal,
): Promise<ArrayBuffer | undefined> {
  const lent = outlet.lend(bytes);
  const buffer = await orAborted(lent, signal);
  if (!buffer) {
    void lent.then(
      (late) => outlet.giveBack(late),
      () => {},
    );
  }
  return buffer;
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
