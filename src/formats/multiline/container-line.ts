import { rfc3339Micros } from '../../base/time/rfc3339.js';
import { Members } from '../members.js';
import { standsAt } from './machine.js';

const SPACE = 32;
const QUOTE = 34;
const ZERO = 48;
const COLON = 58;
const UPPER_P = 80;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const BACKSLASH = 92;
const LOWER_N = 110;
/** The bytes of ` stdout `. */
const BETWEEN_TIME_AND_TAG = 8;

/** Who wrote a log: Docker's json-file driver, or the other container runtimes. */
export type Runtime = 'docker' | 'cri';

export const STREAMS = ['stdout', 'stderr'];

/** A line that a container runtime has written; one instance is filled again and again. */
export class ContainerLine {
  /** Index in STREAMS; -1 when the line is none of a runtime's. */
  stream = -1;
  /** More of the same line of the container follows. */
  isPartial = false;
  /** The extent of what the container wrote; of Docker's lines it is the inside of a JSON string. */
  textStart = 0;
  textEnd = 0;
  /** The extent of the tag that says whether more follows; at 0 where there is none. */
  tagStart = 0;
  tagEnd = 0;
  readonly #read: (bytes: Buffer, start: number, end: number) => void;
  readonly #members = new Members();

  constructor(runtime: Runtime) {
    this.#read = runtime === 'cri' ? this.#cri : this.#docker;
  }

  read(bytes: Buffer, start: number, end: number): void {
    this.stream = -1;
    this.isPartial = false;
    this.textStart = 0;
    this.textEnd = 0;
    this.tagStart = 0;
    this.tagEnd = 0;
    this.#read(bytes, start, end);
  }

  /** When the container wrote the line that was read last, in microseconds since 1970; NaN where it does not say. */
  micros(bytes: Buffer, start: number, end: number): number {
    if (this.tagStart > 0) return rfc3339Micros(bytes, start, this.tagStart - BETWEEN_TIME_AND_TAG);
    const members = this.#members;
    members.start(bytes, start, end);
    while (members.next()) {
      const { keyStart, keyEnd, valueStart, valueEnd } = members;
      if (keyEnd - keyStart === 4 && standsAt(bytes, keyStart, keyEnd, 'time'))
        return rfc3339Micros(bytes, valueStart + 1, valueEnd - 1);
    }
    return Number.NaN;
  }

  /** `2026-05-17T10:05:03.1Z stdout P text`: the tag may have more parts behind a colon. */
  #cri(bytes: Buffer, start: number, end: number): void {
    let at = start;
    if (at === end || bytes[at]! < ZERO || bytes[at]! >= COLON) return;
    while (at < end && bytes[at] !== SPACE) at++;
    const stream = streamAt(bytes, at + 1, end);
    const tag = at + BETWEEN_TIME_AND_TAG;
    if (stream < 0 || tag >= end || bytes[tag - 1] !== SPACE) return;
    let tagEnd = tag;
    while (tagEnd < end && bytes[tagEnd] !== SPACE) tagEnd++;
    this.stream = stream;
    this.isPartial = bytes[tag] === UPPER_P && (tagEnd === tag + 1 || bytes[tag + 1] === COLON);
    this.tagStart = tag;
    this.tagEnd = tagEnd;
    this.textStart = Math.min(tagEnd + 1, end);
    this.textEnd = end;
  }

  /** `{"log":"text\n","stream":"stdout","time":"…"}`: a text without a newline at its end goes on. */
  #docker(bytes: Buffer, start: number, end: number): void {
    if (end - start < 2 || bytes[start] !== OPEN_BRACE || bytes[end - 1] !== CLOSE_BRACE) return;
    const members = this.#members;
    members.start(bytes, start, end);
    let hasLog = false;
    let stream = -1;
    while (members.next() && !(hasLog && stream >= 0)) {
      const { keyStart, keyEnd, valueStart, valueEnd } = members;
      if (valueEnd > end || bytes[valueStart] !== QUOTE) continue;
      if (keyEnd - keyStart === 3 && standsAt(bytes, keyStart, keyEnd, 'log')) {
        hasLog = true;
        this.textStart = valueStart + 1;
        this.textEnd = valueEnd - 1;
      } else if (keyEnd - keyStart === 6 && standsAt(bytes, keyStart, keyEnd, 'stream')) {
        stream = streamAt(bytes, valueStart + 1, valueEnd);
      }
    }
    if (!hasLog) return;
    this.stream = stream;
    this.isPartial = !endsWithNewline(bytes, this.textStart, this.textEnd);
  }
}

function streamAt(bytes: Buffer, at: number, end: number): number {
  return STREAMS.findIndex((name) => standsAt(bytes, at, end, name));
}

/** Whether the inside of a JSON string ends with the escape of a newline. */
function endsWithNewline(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2 || bytes[end - 1] !== LOWER_N) return false;
  let at = end - 1;
  while (at > start && bytes[at - 1] === BACKSLASH) at--;
  return (end - 1 - at) % 2 === 1;
}
