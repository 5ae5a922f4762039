import { isDigit } from '../../base/ascii.js';
import { type LineField, LineParser } from '../line/index.js';
import type { TimeFormats } from '../options.js';

const SPACE = 32;
const DASH = 45;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;

export const APACHE_ERROR_FIELDS: readonly LineField[] = [
  { name: 'timestamp', kind: 'timestamp' },
  { name: 'module', kind: 'text' },
  { name: 'severity', kind: 'text' },
  { name: 'pid', kind: 'int' },
  { name: 'thread', kind: 'text' },
  { name: 'error', kind: 'text' },
  { name: 'client', kind: 'text' },
  { name: 'port', kind: 'int' },
  { name: 'message', kind: 'text' },
];
const [TIMESTAMP, MODULE, SEVERITY, PID, THREAD, ERROR, CLIENT, PORT, MESSAGE] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

const encoder = new TextEncoder();
const PID_NAME = encoder.encode('pid ');
const TID_NAME = encoder.encode('tid ');
const CLIENT_NAME = encoder.encode('client ');
const OPEN_CLIENT = encoder.encode('[client ');

/** Parses lines of Apache httpd's error log (https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat), also of httpd 2.2. */
export class ApacheErrorParser extends LineParser {
  readonly #times: TimeFormats;
  /** The extent of what stands in the brackets that were read last. */
  #from = 0;
  #to = 0;

  constructor(times: TimeFormats) {
    super(APACHE_ERROR_FIELDS);
    this.#times = times;
  }

  protected line(): void {
    this.trim();
    this.#time();
    this.#severity();
    this.#process();
    this.#client();
    if (this.dash() || this.at === this.end) return;
    this.setExtent(MESSAGE!, this.at, this.end);
  }

  /** Reads `[…]` or `-` and the spaces after it. True when there is something in brackets other than `-`. */
  #brackets(what: string): boolean {
    if (this.dash()) {
      this.skipSpaces();
      return false;
    }
    this.take(OPEN, `${what} in brackets or "-"`);
    this.#from = this.at;
    this.skipTo(CLOSE);
    this.#to = this.at;
    this.take(CLOSE, `"]" after ${what}`);
    this.skipSpaces();
    return this.#to !== this.#from + 1 || this.bytes[this.#from] !== DASH;
  }

  #time(): void {
    if (!this.#brackets('a time')) return;
    const micros = this.#times.micros(this.bytes, this.#from, this.#to, this.readAtMs);
    if (Number.isNaN(micros)) {
      throw this.expected('a time such as Wed Oct 11 14:32:52.123456 2000', '', this.#from);
    }
    this.setNumber(TIMESTAMP!, this.#from, this.#to, micros);
  }

  /** `[module:severity]`, or `[severity]` as in httpd 2.2. */
  #severity(): void {
    if (!this.#brackets('a module and severity')) return;
    let colon = this.#from;
    while (colon < this.#to && this.bytes[colon] !== COLON) colon++;
    if (colon === this.#to) {
      this.setUnlessDash(SEVERITY!, this.#from, this.#to);
      return;
    }
    if (colon > this.#from) this.setUnlessDash(MODULE!, this.#from, colon);
    if (this.#to > colon + 1) this.setUnlessDash(SEVERITY!, colon + 1, this.#to);
  }

  /** `[pid 1]` or `[pid 1:tid 2]`, if it stands here. */
  #process(): void {
    if (this.dash()) {
      this.skipSpaces();
      return;
    }
    if (this.peek() !== OPEN || !this.startsWith(this.at + 1, PID_NAME)) return;
    this.#brackets('a process id');
    let at = this.#from + PID_NAME.length;
    const start = at;
    while (at < this.#to && this.bytes[at] !== COLON) at++;
    this.#number(PID!, start, at, 'a process id');
    if (at === this.#to) return;
    if (!this.startsWith(at + 1, TID_NAME)) throw this.expected('"tid" and a thread id', '', at + 1);
    this.setUnlessDash(THREAD!, at + 1 + TID_NAME.length, this.#to);
  }

  #number(field: number, start: number, end: number, what: string): void {
    if (end === start + 1 && this.bytes[start] === DASH) return;
    let at = start;
    while (at < end && isDigit(this.bytes[at]!)) at++;
    if (at < end || end === start) throw this.expected(what, '', start);
    this.setExtent(field, start, end);
  }

  /** `[client a:1]`, perhaps after the text of an error of the system, if it stands here. */
  #client(): void {
    if (this.dash()) {
      this.skipSpaces();
      return;
    }
    const start = this.at;
    let open = start;
    while (open < this.end && this.bytes[open] !== OPEN) open++;
    if (!this.startsWith(open, OPEN_CLIENT)) return;
    if (open > start && (this.bytes[open - 1] !== SPACE || this.bytes[open - 2] !== COLON)) return;
    this.at = open;
    this.#brackets('a client');
    this.#address(this.#from + CLIENT_NAME.length);
    if (open > start) this.setExtent(ERROR!, start, open - 2);
  }

  /** The port stands after the last colon, unless there are several and no process id: then it is an IPv6 address alone. */
  #address(start: number): void {
    let colons = 0;
    let last = this.#to;
    for (let at = start; at < this.#to; at++) {
      if (this.bytes[at] !== COLON) continue;
      colons++;
      last = at;
    }
    const hasPort = colons === 1 || (colons > 1 && this.starts[PID!] !== 0);
    if (!hasPort) last = this.#to;
    if (last > start) this.setUnlessDash(CLIENT!, start, last);
    if (hasPort) this.#number(PORT!, last + 1, this.#to, 'a port');
  }
}
