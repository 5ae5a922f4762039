import { rfc3339Micros } from '../../base/time/rfc3339.js';
import { endOfUtf8 } from '../../base/utf8.js';
import {
  APPNAME,
  HOSTNAME,
  MESSAGE,
  MSGID,
  PROCID,
  STRUCTURED_DATA,
  SyslogParser,
  TIMESTAMP,
} from './message.js';

const SPACE = 32;
const ZERO = 48;
const COLON = 58;
const UPPER_T = 84;
const UPPER_Z = 90;
const OPEN = 91;
const CLOSE = 93;
const DELETE = 127;
const MAX_PRIORITY = 191;
const MAX_VERSION_DIGITS = 3;
const MAX_HOSTNAME_BYTES = 255;
const MAX_TAG_BYTES = 32;
const STAMP_BYTES = 15;
/** `2003-10-11T22:14:15.003000+01:00`: with a fraction of at most six digits. */
const MAX_TIME_BYTES = 32;
const CASE = 32;

/** Parses syslog messages that keep to the letter of RFC 5424 or 3164, as go-syslog reads it. */
export class StrictSyslogParser extends SyslogParser {
  protected line(): void {
    const from = this.at;
    const priority = this.readPriority();
    const hasZero = this.bytes[from + 1] === ZERO && this.at - from > 3;
    if (priority < 0 || priority > MAX_PRIORITY || hasZero) {
      throw this.expected('a priority from <0> to <191>', '', from);
    }
    this.setPriority(priority, from);
    if (this.standard === 'rfc5424' || (this.standard === 'auto' && this.#atVersion())) this.#rfc5424();
    else this.#rfc3164();
  }

  #atVersion(): boolean {
    const from = this.at;
    const digits = this.skipDigits();
    const isVersion =
      digits > 0 && digits <= MAX_VERSION_DIGITS && this.bytes[from] !== ZERO && this.peek() === SPACE;
    this.at = from;
    return isVersion;
  }

  #rfc5424(): void {
    if (!this.#atVersion()) throw this.expected('a version from 1 to 999 and a space');
    this.skipDigits();
    this.at++;
    this.#time();
    this.#header(HOSTNAME, 'host name', MAX_HOSTNAME_BYTES);
    this.#header(APPNAME, 'app name', 48);
    this.#header(PROCID, 'process id', 128);
    this.#header(MSGID, 'message id', 32);
    this.take(SPACE, 'a space and structured data or "-"');
    this.#structuredData();
    if (this.at === this.end) return;
    this.take(SPACE, 'a space before the message');
    const bad = endOfUtf8(this.bytes, this.at, this.end);
    if (bad < this.end) throw this.expected('a message in UTF-8', '', bad);
    if (this.at < this.end) this.setExtent(MESSAGE, this.at, this.end);
  }

  #time(): void {
    const start = this.at;
    if (this.dash()) return;
    this.skipWord();
    const micros = isStrictTime(this.bytes, start, this.at)
      ? rfc3339Micros(this.bytes, start, this.at)
      : Number.NaN;
    if (Number.isNaN(micros)) {
      throw this.expected('a time such as 2003-10-11T22:14:15.003Z or "-"', '', start);
    }
    this.setNumber(TIMESTAMP, start, this.at, micros);
  }

  #header(field: number, name: string, maxBytes: number): void {
    this.take(SPACE, `a space and the ${name} or "-"`);
    const start = this.at;
    this.skipWord();
    if (this.at - start > maxBytes || this.at === start || !isPrintable(this.bytes, start, this.at)) {
      throw this.expected(`a ${name} of 1 to ${maxBytes} printable ASCII characters or "-"`, '', start);
    }
    this.setUnlessDash(field, start, this.at);
  }

  #structuredData(): void {
    if (this.dash()) return;
    const start = this.at;
    if (this.peek() !== OPEN) throw this.expected('structured data in brackets or "-"');
    const after = this.data.read(this.bytes, start, this.end, 'strict');
    if (after < 0) throw this.expected(this.data.problem, '', this.data.problemAt);
    this.at = after;
    this.setExtent(STRUCTURED_DATA, start, after);
  }

  #rfc3164(): void {
    const start = this.at;
    const isStamp = isStrictStamp(this.bytes, start, this.end) && this.readStamp(this.stamp);
    if (!isStamp || this.at - start !== STAMP_BYTES) {
      throw this.expected('a time such as "Oct 11 22:14:15"', '', start);
    }
    this.#header(HOSTNAME, 'host name', MAX_HOSTNAME_BYTES);
    this.take(SPACE, 'a space and the message');
    this.#tag();
    const from = this.at;
    if (from === this.end) throw this.expected('a message');
    for (let at = from; at < this.end; at++) {
      if (this.bytes[at]! < SPACE || this.bytes[at] === DELETE) {
        throw this.expected('a message without control characters', '', at);
      }
    }
    this.setExtent(MESSAGE, from, this.end);
  }

  /** `app: ` or `app[123]: `, if one stands here. */
  #tag(): void {
    const { bytes, end } = this;
    const start = this.at;
    let at = start;
    while (at < end && isPrintable(bytes, at, at + 1) && bytes[at] !== COLON && bytes[at] !== OPEN) at++;
    const tagEnd = at;
    if (tagEnd === start || tagEnd - start > MAX_TAG_BYTES) return;
    if (bytes[at] === OPEN && at < end) {
      while (at < end && bytes[at] !== CLOSE) at++;
      at++;
    }
    if (at + 1 >= end || bytes[at] !== COLON || bytes[at + 1] !== SPACE) return;
    this.setExtent(APPNAME, start, tagEnd);
    if (at > tagEnd) this.setExtent(PROCID, tagEnd + 1, at - 1);
    this.at = at + 2;
  }
}

/** Whether the time keeps to what RFC 5424, section 6.2.3, demands beyond RFC 3339. */
function isStrictTime(bytes: Uint8Array, start: number, end: number): boolean {
  const last = bytes[end - 1]!;
  const hasOffset = last !== UPPER_Z;
  const isLeapSecond = bytes[start + 17] === ZERO + 6;
  const maxBytes = hasOffset ? MAX_TIME_BYTES : MAX_TIME_BYTES - 5;
  return end - start <= maxBytes && bytes[start + 10] === UPPER_T && last < 91 && !isLeapSecond;
}

/** Whether this may be `Oct 11 22:14:15` or `Oct  1 22:14:15`: capitals, colons and spaces where they have to be. */
function isStrictStamp(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < STAMP_BYTES) return false;
  const isName = !(bytes[start]! & CASE) && bytes[start + 1]! & CASE && bytes[start + 2]! & CASE;
  const hasSpaces = bytes[start + 3] === SPACE && bytes[start + 5] !== SPACE && bytes[start + 6] === SPACE;
  return Boolean(isName) && hasSpaces && bytes[start + 9] === COLON && bytes[start + 12] === COLON;
}

function isPrintable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! <= SPACE || bytes[at]! >= DELETE) return false;
  return true;
}
