import { messageOf } from '../base/errors.js';
import { removeSegment, type Sealed } from './recover.js';
import type { LogOptions } from './types.js';

/** Removes segments. What cannot be removed costs room and nothing else: it is reported, once, and stays until the next time. */
export class Trimmer {
  readonly #options: LogOptions;
  /** The last time something was to be removed, it could not be. */
  #hasFailed = false;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** Takes so many segments off the beginning of a list, each once its files are gone. */
  async removeFirst(sealed: Sealed[], count: number): Promise<void> {
    const { storage, folder } = this.#options;
    try {
      for (let removed = 0; removed < count; removed++) {
        await removeSegment(this.#options, sealed[0]!.baseOffset);
        sealed.shift();
      }
      await storage.syncFolder(folder);
      this.#hasFailed = false;
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    const { folder, log } = this.#options;
    const message = `old segments of the log ${folder} cannot be removed, and stay for now: ${messageOf(error)}`;
    if (!this.#hasFailed) log?.warn({ code: 'log_trim_failed', folder, err: error }, message);
    this.#hasFailed = true;
  }
}
