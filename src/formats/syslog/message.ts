import { TimeParser } from '../../base/time/time-parser.js';
import type { TimeZone } from '../../base/time/zone.js';
import type { ArenaWriter } from '../../batch/index.js';
import { type LineField, LineParser } from '../line/index.js';
import { StructuredData } from './structured-data.js';

const LESS = 60;
const GREATER = 62;
const ZERO = 48;
const MAX_PRIORITY_DIGITS = 3;

/** Facilities by their number (RFC 5424, section 6.2.1), with the names that Linux and Vector have for them. */
const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...[
    'ntp',
    'audit',
    'alert',
    'clockd',
    'local0',
    'local1',
    'local2',
    'local3',
    'local4',
    'local5',
    'local6',
  ],
  'local7',
];
const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

export const SYSLOG_FIELDS: readonly LineField[] = [
  { name: 'timestamp', kind: 'timestamp' },
  { name: 'facility', kind: 'text', values: FACILITIES },
  { name: 'severity', kind: 'text', values: SEVERITIES },
  { name: 'hostname', kind: 'text' },
  { name: 'appname', kind: 'text' },
  { name: 'procid', kind: 'text' },
  { name: 'msgid', kind: 'text' },
  { name: 'message', kind: 'text' },
  { name: 'structured_data', kind: 'json' },
];
export const TIMESTAMP = 0;
const FACILITY = 1;
const SEVERITY = 2;
export const HOSTNAME = 3;
export const APPNAME = 4;
export const PROCID = 5;
export const MSGID = 6;
export const MESSAGE = 7;
export const STRUCTURED_DATA = 8;

/** The standards that messages may follow; `auto`: each message shows which. */
export type Standard = 'auto' | 'rfc5424' | 'rfc3164';

/** What the two parsers of syslog messages have in common. */
export abstract class SyslogParser extends LineParser {
  protected readonly standard: Standard;
  protected readonly data = new StructuredData();
  protected readonly stamp = new TimeParser('%b %e %H:%M:%S');
  protected readonly context: { zone: TimeZone; nowMs: number };

  /** @param zone of times that do not tell their offset */
  constructor(standard: Standard, zone: TimeZone) {
    super(SYSLOG_FIELDS);
    this.standard = standard;
    this.context = { zone, nowMs: 0 };
  }

  override writeJson(_field: number, writer: ArenaWriter): void {
    this.data.write(writer);
  }

  /** Reads `<` and a number of one to three digits and `>`. Returns the number, or -1 and is where it was. */
  protected readPriority(): number {
    const from = this.at;
    if (this.peek() !== LESS) return -1;
    this.at++;
    const digits = this.skipDigits();
    if (digits === 0 || digits > MAX_PRIORITY_DIGITS || this.peek() !== GREATER) {
      this.at = from;
      return -1;
    }
    let priority = 0;
    for (let at = from + 1; at < this.at; at++) priority = priority * 10 + this.bytes[at]! - ZERO;
    this.at++;
    return priority;
  }

  protected setPriority(priority: number, start: number): void {
    const facility = priority >> 3;
    if (facility < FACILITIES.length) this.setNumber(FACILITY, start, this.at, facility);
    this.setNumber(SEVERITY, start, this.at, priority & 7);
  }

  /** Reads a time without a year in the given format and sets it. Returns false, and is where it was, when there is none. */
  protected readStamp(parser: TimeParser): boolean {
    const after = parser.read(this.bytes, this.at, this.end);
    if (after < 0) return false;
    this.context.nowMs = this.readAtMs;
    const micros = parser.written.micros(this.context);
    if (Number.isNaN(micros)) return false;
    this.setNumber(TIMESTAMP, this.at, after, micros);
    this.at = after;
    return true;
  }
}
