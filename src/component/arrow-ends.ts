import { MillraceError } from '../base/errors.js';
import {
  type ArrowMessage,
  FILE_PREFIX_BYTES,
  isFilePrefix,
  looksLikeMessage,
  MessageType,
  messageAt,
} from '../formats/index.js';
import type { FramingOptions } from './framing-types.js';
import type { RecordEnds } from './record-ends.js';

/** A message holds many records, and is as long as its writer wants. */
const LEAST_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Lets messages be longer than lines may be. */
export function withRoomForMessages(options: FramingOptions): FramingOptions {
  if (options.framing !== 'arrow') return options;
  return { ...options, maxLineBytes: Math.max(options.maxLineBytes, LEAST_MESSAGE_BYTES) };
}

/**
 * Cuts an Arrow IPC stream, or a file, into its messages. The first "record" is the preamble: the schema and the
 * dictionaries that come right behind it, without which nothing can be read.
 */
export class ArrowEnds implements RecordEnds {
  readonly isText = false;
  /** Of the message in whose middle it is; undefined: its beginning is not known. */
  #bytesLeft: number | undefined;

  last(bytes: Buffer, from: number, to: number): number {
    let at = from;
    for (;;) {
      const message = messageAt(bytes, at, to);
      if (message?.type === MessageType.DICTIONARY) throw changedDictionary();
      if (!message || message.end > to) return at > from ? at : -1;
      at = message.end;
    }
  }

  first(bytes: Buffer, from: number): number {
    return this.#endOfPreamble(bytes, from, false);
  }

  begin(): void {
    this.#bytesLeft = undefined;
  }

  resume(bytes: Buffer, from: number): number {
    this.#bytesLeft ??= (messageAt(bytes, from, bytes.length)?.end ?? Number.POSITIVE_INFINITY) - from;
    const end = from + this.#bytesLeft;
    this.#bytesLeft -= bytes.length - from;
    return end > bytes.length ? -1 : end;
  }

  problemOfPreamble(bytes: Buffer, from: number, isLast: boolean): string | undefined {
    const start = isFilePrefix(bytes, from) ? from + FILE_PREFIX_BYTES : from;
    if (!looksLikeMessage(bytes, start, bytes.length))
      return 'expected an Arrow IPC stream or file (of version 0.15 or newer), found other bytes';
    const message = messageAt(bytes, start, bytes.length);
    if (message && message.type !== MessageType.SCHEMA)
      return 'expected the schema of an Arrow IPC stream or file, found another message: a writer that keeps it at the end of a file alone has to write a stream';
    if (isLast && bytes.length > from && this.#endOfPreamble(bytes, from, true) < 0)
      return 'expected the schema of an Arrow IPC stream or file, found only its beginning';
    return undefined;
  }

  /** @param isLast nothing comes behind the bytes, so that it need not be seen what */
  #endOfPreamble(bytes: Buffer, from: number, isLast: boolean): number {
    let at = isFilePrefix(bytes, from) ? from + FILE_PREFIX_BYTES : from;
    for (let first = true; ; first = false) {
      const message: ArrowMessage | undefined = messageAt(bytes, at, bytes.length);
      if (!message) return isLast && !first && at === bytes.length ? at : -1;
      if (!first && message.type !== MessageType.DICTIONARY) return at;
      if (message.end > bytes.length) return -1;
      at = message.end;
    }
  }
}

function changedDictionary(): MillraceError {
  const message =
    'an Arrow dictionary changes in the middle of the stream, which cannot be read: write it with the same dictionary for all batches, or without dictionaries';
  return new MillraceError('changed_dictionary', message, { blame: 'data' });
}
