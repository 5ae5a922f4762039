import type { LogFrame, LogOptions, LogState, SkippedRegion } from './types.js';

export class LogReader {
  static async open(
    _options: LogOptions,
    _range: { readonly fromOffset?: number; readonly end?: LogState },
  ): Promise<LogReader> {
    throw new Error('not there yet');
  }
  get skipped(): readonly SkippedRegion[] {
    return [];
  }
  async read(): Promise<LogFrame | undefined> {
    return undefined;
  }
  async close(): Promise<void> {}
}

export async function offsetAtTime(_options: LogOptions, _timestampMs: number): Promise<number> {
  return 0;
}
