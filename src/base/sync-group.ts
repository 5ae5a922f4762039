/** Runs a task for all who ask for it: who asks while it runs shares the next run, which begins when this one has ended. */
export class SyncGroup {
  readonly #task: () => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Resolves after a run that began after the call. */
  run(): Promise<void> {
    if (this.#next) return this.#next;
    const next = this.#last.then(() => {
      this.#next = undefined;
      return this.#task();
    });
    this.#next = next;
    this.#last = next.catch(() => {});
    return next;
  }

  /** Resolves when nothing runs or waits. */
  idle(): Promise<void> {
    return this.#last;
  }
}
