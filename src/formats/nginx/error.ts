import { type LineField, LineParser } from '../line/index.js';
import type { TimeFormats } from '../options.js';

const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const STAR = 42;
const COMMA = 44;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;

export const NGINX_ERROR_FIELDS: readonly LineField[] = [
  { name: 'timestamp', kind: 'timestamp' },
  { name: 'severity', kind: 'text' },
  { name: 'pid', kind: 'int' },
  { name: 'tid', kind: 'int' },
  { name: 'cid', kind: 'int' },
  { name: 'message', kind: 'text' },
  { name: 'excess', kind: 'double' },
  { name: 'zone', kind: 'text' },
  { name: 'client', kind: 'text' },
  { name: 'server', kind: 'text' },
  { name: 'request', kind: 'text' },
  { name: 'upstream', kind: 'text' },
  { name: 'host', kind: 'text' },
  { name: 'referer', kind: 'text' },
];
const [TIMESTAMP, SEVERITY, PID, TID, CID, MESSAGE, EXCESS, ZONE, CLIENT] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

const encoder = new TextEncoder();
/** What nginx appends to a message of its own accord, in this order, beginning with the field CLIENT. */
const APPENDED = [
  { name: encoder.encode('client:'), isQuoted: false },
  { name: encoder.encode('server:'), isQuoted: false },
  { name: encoder.encode('request:'), isQuoted: true },
  { name: encoder.encode('upstream:'), isQuoted: true },
  { name: encoder.encode('host:'), isQuoted: true },
  { name: encoder.encode('referrer:'), isQuoted: true },
];
const REFERRER = APPENDED.length - 1;
const REFERER_NAME = encoder.encode('referer:');
const EXCESS_NAME = encoder.encode('excess:');
const BY_ZONE = encoder.encode(' by zone "');

/** Parses the lines of nginx's error log (ngx_log_error_core in its source). */
export class NginxErrorParser extends LineParser {
  readonly #times: TimeFormats;

  constructor(times: TimeFormats) {
    super(NGINX_ERROR_FIELDS);
    this.#times = times;
  }

  protected line(): void {
    this.trim();
    this.#time();
    const severity = this.at;
    this.skipTo(CLOSE);
    if (this.at === severity) throw this.expected('a severity');
    this.setExtent(SEVERITY!, severity, this.at);
    this.take(CLOSE, '"]" after the severity');
    this.takeSpaces('a process id');
    this.takeInteger(PID!, 'a process id');
    this.take(HASH, '"#" and a thread id');
    this.takeInteger(TID!, 'a thread id');
    this.take(COLON, '":" after the thread id');
    this.takeSpaces('a message');
    if (this.peek() === STAR) {
      this.at++;
      this.takeInteger(CID!, 'a connection id');
      this.takeSpaces('a message');
    }
    this.#message();
  }

  /** The time is all before ` [`. */
  #time(): void {
    const start = this.at;
    this.skipTo(OPEN);
    let end = this.at;
    while (end > start && this.bytes[end - 1] === SPACE) end--;
    const micros = this.#times.micros(this.bytes, start, end, this.readAtMs);
    if (Number.isNaN(micros)) throw this.expected('a time such as 2021/04/01 13:02:31', '', start);
    this.setNumber(TIMESTAMP!, start, end, micros);
    this.take(OPEN, '"[" and a severity');
  }

  /** The message goes on up to the first comma after which there is nothing but what nginx appends. */
  #message(): void {
    const start = this.at;
    for (let at = start + 1; at < this.end; at++) {
      if (this.bytes[at] !== COMMA || !this.#appended(at)) continue;
      this.setExtent(MESSAGE!, start, at);
      return;
    }
    this.starts.fill(0, EXCESS!);
    if (this.end === start) throw this.expected('a message');
    this.setExtent(MESSAGE!, start, this.end);
  }

  /** Reads what is appended from the comma at `from` on and sets its fields. False unless that is all of the rest. */
  #appended(from: number): boolean {
    this.starts.fill(0, EXCESS!);
    let at = this.#excess(from);
    for (let i = 0; i < APPENDED.length; i++) {
      const next = this.#entry(at, i);
      if (next < 0) return false;
      at = next;
    }
    return at === this.end;
  }

  /** `, excess: 50.416, by zone "api"`, if it stands here. Returns the address after it. */
  #excess(from: number): number {
    const start = this.#afterName(from, EXCESS_NAME);
    if (start < 0) return from;
    let at = start;
    while (at < this.end && this.bytes[at] !== COMMA && this.bytes[at] !== SPACE) at++;
    const end = at;
    if (this.bytes[at] === COMMA) at++;
    if (!this.startsWith(at, BY_ZONE) || !isNumber(this.bytes, start, end)) return from;
    const zone = at + BY_ZONE.length;
    at = zone;
    while (at < this.end && this.bytes[at] !== QUOTE) at++;
    if (at === this.end) return from;
    this.setExtent(EXCESS!, start, end);
    this.setExtent(ZONE!, zone, at);
    return at + 1;
  }

  /** The appended entry `index`, if it stands here. Returns the address after it, or -1 when it does not end. */
  #entry(from: number, index: number): number {
    const { name, isQuoted } = APPENDED[index]!;
    let start = this.#afterName(from, name);
    if (start < 0 && index === REFERRER) start = this.#afterName(from, REFERER_NAME);
    if (start < 0) return from;
    if (isQuoted && this.bytes[start++] !== QUOTE) return -1;
    const close = isQuoted ? QUOTE : COMMA;
    let at = start;
    while (at < this.end && this.bytes[at] !== close) at++;
    if (isQuoted && at === this.end) return -1;
    this.setExtent(CLIENT! + index, start, at);
    return isQuoted ? at + 1 : at;
  }

  /** The address after `, name: ` at `at`, or -1. */
  #afterName(at: number, name: Uint8Array): number {
    if (this.bytes[at] !== COMMA || this.bytes[at + 1] !== SPACE || !this.startsWith(at + 2, name)) return -1;
    const after = at + 2 + name.length;
    return after < this.end && this.bytes[after] === SPACE ? after + 1 : after;
  }
}

/** Whether this is a number such as 50.416. */
function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let points = 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] === 46) points++;
    else if (bytes[at]! < 48 || bytes[at]! > 57) return false;
  }
  return end - start > points && points < 2;
}
