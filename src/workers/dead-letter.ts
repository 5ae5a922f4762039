import type { JsonValue } from '../base/json.js';
import { redact } from '../base/secrets.js';
import { type Arena, type Partition, type Records, Tag, textAddress, textLength } from '../batch/index.js';
import type { OnError } from '../plan/index.js';

/** A record that failed, as it stands among the dead letters: one JSON document a line. */
export interface DeadLetter {
  readonly pipeline: string;
  /** Where the record came from: its source, the partition's name (a file's path) and its position there. */
  readonly source: string;
  readonly partition: string;
  readonly offset: number;
  /** The stage that refused it, why, how often it tried, and when. */
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly time: string;
  /** The original bytes: `record` when they are UTF-8, else `record_base64`. */
  readonly record?: string;
  readonly record_base64?: string;
  /** What its format needs from the beginning of the partition, such as a CSV header, in base64. */
  readonly preamble_base64?: string;
  /** Of a message, what its source said of it: headers, key and the like. */
  readonly meta?: JsonValue;
  /** It is no letter that is kept: it goes back to where the record came from. */
  readonly rejected?: true;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a letter says of the partition that its record is from. */
export function placeOf({
  source,
  name,
  preamble,
}: Partition): Pick<DeadLetter, 'source' | 'partition' | 'preamble_base64'> {
  const kept = preamble && { preamble_base64: Buffer.from(preamble).toString('base64') };
  return { source, partition: name, ...kept };
}

/**
 * What a letter says of a message.
 * @param memory in which the records lie
 */
export function metaOf(
  memory: Pick<Arena, 'bytes'>,
  { meta }: Pick<Records, 'meta'>,
  row: number,
): Pick<DeadLetter, 'meta'> {
  if (!meta || meta.tags[row] === Tag.ABSENT) return {};
  const start = textAddress(meta.views!, row);
  return parsedMeta(memory.bytes.subarray(start, start + textLength(meta.views!, row)));
}

/** @param text a JSON object */
export function parsedMeta(text: Uint8Array | undefined): Pick<DeadLetter, 'meta'> {
  return text ? { meta: JSON.parse(Buffer.from(text).toString()) } : {};
}

/** What a letter says of what becomes of it. */
export function fateOf(action: OnError['action']): Pick<DeadLetter, 'rejected'> {
  return action === 'reject' ? { rejected: true } : {};
}

/** One line of NDJSON, with its newline. */
export function encodeDeadLetter(
  letter: Omit<DeadLetter, 'record' | 'record_base64'>,
  bytes: Uint8Array,
): string {
  const message = redact(letter.message);
  return `${JSON.stringify({ ...letter, message, ...original(bytes) })}\n`;
}

function original(bytes: Uint8Array): Pick<DeadLetter, 'record' | 'record_base64'> {
  try {
    return { record: strict.decode(bytes) };
  } catch {
    return { record_base64: Buffer.from(bytes).toString('base64') };
  }
}

/** The original bytes of the record. */
export function recordOf(letter: DeadLetter): Uint8Array {
  return letter.record_base64 === undefined
    ? Buffer.from(letter.record ?? '')
    : Buffer.from(letter.record_base64, 'base64');
}
