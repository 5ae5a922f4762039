import { isDigit } from '../../base/ascii.js';
import { rfc3339Micros } from '../../base/time/rfc3339.js';
import { TimeParser } from '../../base/time/time-parser.js';
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
import type { Rules } from './structured-data.js';

const SPACE = 32;
const LESS = 60;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
const MAX_VERSION_DIGITS = 3;
/** An IPv6 address has at least so many colons. */
const MIN_COLONS = 2;

/**
 * Parses what devices write under the name of syslog, in the reading of syslog-loose
 * (https://github.com/FungusHumungus/syslog-loose): RFC 5424 and 3164 with or without a priority, any spaces, times with a
 * year, with fractions of a second or of RFC 3339, tags without a colon. After a priority, what cannot be read is the message.
 */
export class LooseSyslogParser extends SyslogParser {
  readonly #stamps = ['%b %e %H:%M:%S%.f', '%b %e %Y %H:%M:%S%.f'].map((text) => new TimeParser(text));

  protected line(): void {
    this.trim();
    this.#skipOctetCount();
    const from = this.at;
    const priority = this.readPriority();
    if (priority >= 0) this.setPriority(priority, from);
    const start = this.at;
    if (this.standard !== 'rfc3164' && this.#version(priority >= 0)) {
      this.#rfc5424();
      return;
    }
    this.at = start;
    if (this.standard !== 'rfc5424') {
      this.skipSpaces();
      if (this.#time()) {
        this.#rfc3164();
        return;
      }
    }
    if (priority < 0) throw this.expected('a priority such as <34> or a time such as "Oct 11 22:14:15"');
    this.#message();
  }

  /** The length of the message that RFC 6587, section 3.4.1, has before it. */
  #skipOctetCount(): void {
    const from = this.at;
    const digits = this.skipDigits();
    if (digits > 0 && this.peek() === SPACE && this.bytes[this.at + 1] === LESS) this.at++;
    else this.at = from;
  }

  /** Reads a version and the time after it, which may be `-` where a priority stands before. False when there is none. */
  #version(hasPriority: boolean): boolean {
    const digits = this.skipDigits();
    if (digits === 0 || digits > MAX_VERSION_DIGITS || this.peek() !== SPACE) return false;
    this.skipSpaces();
    return (hasPriority && this.dash()) || this.#rfc3339();
  }

  #rfc5424(): void {
    for (const field of [HOSTNAME, APPNAME, PROCID, MSGID]) {
      this.skipSpaces();
      const start = this.at;
      while (this.at < this.end && this.bytes[this.at]! > SPACE) this.at++;
      if (this.peek() >= 0 && this.peek() < SPACE) {
        this.at = start;
        break;
      }
      if (this.at > start) this.setUnlessDash(field, start, this.at);
    }
    this.skipSpaces();
    if (!this.dash()) this.#structuredData('loose');
    this.#message();
  }

  #structuredData(rules: Rules): void {
    const start = this.at;
    const after = this.data.read(this.bytes, start, this.end, rules);
    if (after <= start) return;
    this.at = after;
    if (!this.data.isEmpty) this.setExtent(STRUCTURED_DATA, start, after);
  }

  /** What is left, without spaces before it. */
  #message(): void {
    while (this.at < this.end && this.bytes[this.at]! <= SPACE) this.at++;
    if (this.at < this.end) this.setExtent(MESSAGE, this.at, this.end);
  }

  /** Reads a time with or without a year, or one of RFC 3339. */
  #time(): boolean {
    if (isDigit(this.peek())) return this.#rfc3339();
    for (const stamp of this.#stamps) {
      if (!this.readStamp(stamp)) continue;
      if (this.peek() === COLON) this.at++;
      return true;
    }
    return false;
  }

  #rfc3339(): boolean {
    const start = this.at;
    let end = start;
    while (end < this.end && this.bytes[end]! > SPACE) end++;
    if (end > start && this.bytes[end - 1] === COLON) end--;
    const micros = rfc3339Micros(this.bytes, start, end);
    if (Number.isNaN(micros)) return false;
    this.setNumber(TIMESTAMP, start, end, micros);
    this.at = end;
    if (this.peek() === COLON) this.at++;
    return true;
  }

  /** Host and tag, of which one may be missing: a lone word is the tag when it is `app[123]`, and the host otherwise. */
  #rfc3164(): void {
    this.skipSpaces();
    const start = this.at;
    const end = this.#wordEnd(start);
    this.at = end;
    const tag = end + 1;
    const hasTag = this.peek() === SPACE && tag < this.end && this.bytes[tag] !== OPEN;
    const tagEnd = hasTag ? this.#colonOrSpace(tag) : tag;
    if (tagEnd > tag) {
      this.setUnlessDash(HOSTNAME, start, end);
      this.#tag(tag, tagEnd);
      this.at = tagEnd;
    } else if (end > start && this.bytes[end - 1] === CLOSE) {
      this.#tag(start, end);
    } else if (end > start) {
      this.setUnlessDash(HOSTNAME, start, end);
    }
    this.skipSpaces();
    if (this.peek() === COLON) this.at++;
    this.skipSpaces();
    this.#structuredData('parameters');
    this.#message();
  }

  /** The end of the word at `start`, which ends at a colon, too, unless it is an IPv6 address. */
  #wordEnd(start: number): number {
    let colons = 0;
    let at = start;
    for (; at < this.end && this.bytes[at]! > SPACE; at++) {
      if (this.bytes[at] === COLON) colons++;
      else if (!isHex(this.bytes[at]!)) return this.#colonOrSpace(start);
    }
    const isAddress = colons >= MIN_COLONS && this.bytes[at - 1] !== COLON;
    return isAddress ? at : this.#colonOrSpace(start);
  }

  #colonOrSpace(start: number): number {
    let at = start;
    while (at < this.end && this.bytes[at]! > SPACE && this.bytes[at] !== COLON) at++;
    return at;
  }

  /** `app` or `app[123]`. */
  #tag(start: number, end: number): void {
    let open = start;
    while (open < end && this.bytes[open] !== OPEN) open++;
    const hasProcess = open + 2 < end && this.bytes[end - 1] === CLOSE;
    this.setUnlessDash(APPNAME, start, hasProcess ? open : end);
    if (hasProcess) this.setUnlessDash(PROCID, open + 1, end - 1);
  }
}

function isHex(byte: number): boolean {
  const lower = byte | 32;
  return isDigit(byte) || (lower >= 97 && lower <= 102);
}
