import type { Readable } from 'node:stream';
import { MillraceError, messageOf } from '#component';

/** The bytes of a stream, taken when they are wanted. The stream itself reads a little ahead (64 KiB). */
export class StreamInput {
  consumed = 0;
  private readonly stream: Readable;
  private ended = false;
  private error: unknown;
  /** After `stop`: how much of what had come is still to be read. */
  private left = Number.POSITIVE_INFINITY;
  private deadlineMs = 0;
  private wake: () => void = () => {};
  private readonly onChange = (): void => this.wake();
  private readonly onEnd = (): void => {
    this.ended = true;
    this.wake();
  };
  private readonly onError = (error: unknown): void => {
    this.error = error;
    this.onEnd();
  };

  constructor(stream: Readable) {
    this.stream = stream;
    stream
      .on('readable', this.onChange)
      .on('end', this.onEnd)
      .on('close', this.onEnd)
      .on('error', this.onError);
    this.ended = stream.readableEnded || stream.destroyed;
  }

  /** Nothing more is waited for. */
  stop(): void {
    this.left = this.stream.readableLength;
    this.wake();
  }

  /** Waits for bytes, however long unless it is told (`some`, or `none` after that time), or for the end. */
  async more(waitMs?: number): Promise<'some' | 'none' | 'ended'> {
    const untilMs = Date.now() + (waitMs ?? Number.POSITIVE_INFINITY);
    while (this.available() === 0 && !this.isOver()) {
      const leftMs = untilMs - Date.now();
      if (leftMs <= 0) return 'none';
      await this.change(waitMs === undefined ? undefined : leftMs);
    }
    if (this.available() > 0) return 'some';
    if (this.error === undefined) return 'ended';
    throw new MillraceError('input_failed', `cannot read standard input: ${messageOf(this.error)}`, {
      blame: 'external',
      cause: this.error,
    });
  }

  /** Takes what there is; waits no longer than `lingerMs` after the first bytes of a buffer. 0 where nothing came. */
  async read(into: Uint8Array, isFirst: boolean, lingerMs: number): Promise<number> {
    if (isFirst) this.deadlineMs = Date.now() + lingerMs;
    while (this.available() === 0) {
      const waitMs = this.deadlineMs - Date.now();
      if (waitMs <= 0 || this.isOver()) return 0;
      await this.change(waitMs);
    }
    const count = Math.min(into.length, this.available());
    const bytes = this.stream.read(count) as Buffer | null;
    if (bytes === null) return 0;
    into.set(bytes);
    this.left -= bytes.length;
    this.consumed += bytes.length;
    return bytes.length;
  }

  close(): void {
    const { stream, onChange, onEnd } = this;
    stream.off('readable', onChange).off('end', onEnd).off('close', onEnd);
    stream.destroy();
  }

  private available(): number {
    return Math.min(this.stream.readableLength, this.left);
  }

  private isOver(): boolean {
    return this.ended || this.left <= 0;
  }

  private change(waitMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = waitMs === undefined ? undefined : setTimeout(() => this.wake(), waitMs);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = () => {};
        resolve();
      };
      // At the end of the stream 'readable' and 'end' come only after a read that finds nothing.
      if (this.stream.readableLength === 0) this.stream.read(0);
    });
  }
}
