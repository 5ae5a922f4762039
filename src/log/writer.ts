import type { AppendAbout, LogOptions, LogState } from './types.js';

export class LogWriter {
  static async open(_options: LogOptions, _state: LogState | undefined): Promise<LogWriter> {
    throw new Error('not there yet');
  }
  async append(_payload: Uint8Array, _about: AppendAbout): Promise<number> {
    throw new Error('not there yet');
  }
  get state(): LogState {
    throw new Error('not there yet');
  }
  get firstOffset(): number {
    return 0;
  }
  get nextOffset(): number {
    return 0;
  }
  get bytes(): number {
    return 0;
  }
  async sync(): Promise<void> {}
  async trim(_beforeOffset: number): Promise<void> {}
  async close(): Promise<void> {}
}
