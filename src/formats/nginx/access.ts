import { isDigit } from '../../base/ascii.js';
import { type LineField, LineParser } from '../line/index.js';
import type { TimeFormats } from '../options.js';

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const POINT = 46;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;

/** How a part of an access line is written. `numbers`: perhaps one for each upstream that was asked. */
type Form =
  | 'word'
  | 'time'
  | 'quoted'
  | 'bracketed'
  | 'integer'
  | 'decimal'
  | 'words'
  | 'integers'
  | 'decimals';

/** A part of a line: a field and how it is written. An optional one may be missing at the end of the line. */
interface Part {
  readonly field: LineField;
  readonly form: Form;
  readonly isOptional: boolean;
}

const KINDS: Readonly<Record<Form, LineField['kind']>> = {
  word: 'text',
  time: 'timestamp',
  quoted: 'text',
  bracketed: 'text',
  integer: 'int',
  decimal: 'double',
  words: 'text',
  integers: 'int',
  decimals: 'double',
};

function part(name: string, form: Form, isOptional = false): Part {
  return { field: { name, kind: KINDS[form] }, form, isOptional };
}

function requestParts(size: string, referer: string, agent: string): Part[] {
  return [
    part('timestamp', 'time'),
    part('request', 'quoted'),
    part('status', 'integer'),
    part(size, 'integer'),
    part(referer, 'quoted'),
    part(agent, 'quoted'),
  ];
}

const MAIN = [
  part('remote_addr', 'word'),
  part('remote_user', 'word'),
  ...requestParts('body_bytes_size', 'http_referer', 'http_user_agent'),
];

/** The parts of lines by the name of their `log_format`, with the names that Vector gives them. */
const LAYOUTS = {
  combined: [
    part('client', 'word'),
    part('user', 'word'),
    ...requestParts('size', 'referer', 'agent'),
    part('compression', 'quoted', true),
  ],
  main: [...MAIN, part('http_x_forwarded_for', 'quoted')],
  ingress_upstreaminfo: [
    ...MAIN,
    part('request_length', 'integer'),
    part('request_time', 'decimal'),
    part('proxy_upstream_name', 'bracketed'),
    part('proxy_alternative_upstream_name', 'bracketed'),
    part('upstream_addr', 'words'),
    part('upstream_response_length', 'integers'),
    part('upstream_response_time', 'decimals'),
    part('upstream_status', 'integers'),
    part('req_id', 'word'),
  ],
} as const;

export type NginxLayout = keyof typeof LAYOUTS;

export function accessFields(layout: NginxLayout): readonly LineField[] {
  return LAYOUTS[layout].map(({ field }) => field);
}

/** Parses the access lines of nginx. `-` is an absent field, and so is an empty one in brackets. */
export class NginxAccessParser extends LineParser {
  readonly #parts: readonly Part[];
  readonly #times: TimeFormats;

  constructor(layout: NginxLayout, times: TimeFormats) {
    super(accessFields(layout));
    this.#parts = LAYOUTS[layout];
    this.#times = times;
  }

  protected line(): void {
    this.trim();
    for (let i = 0; i < this.#parts.length; i++) {
      const { field, form, isOptional } = this.#parts[i]!;
      if (isOptional && this.at === this.end) return;
      if (i > 0) this.takeSpaces(`the ${field.name}`);
      this.#read(i, form, field.name);
      if (i === 0) this.#identity();
    }
    if (this.at < this.end) throw this.expected('the end of the line');
  }

  /** After the client comes a part that nginx always leaves empty. */
  #identity(): void {
    this.takeSpaces('"-"');
    if (!this.dash()) throw this.expected('"-"');
  }

  #read(index: number, form: Form, name: string): void {
    switch (form) {
      case 'word':
        this.#word(index, name);
        return;
      case 'time':
        this.#time(index);
        return;
      case 'quoted':
        this.#enclosed(index, QUOTE, QUOTE, `a quoted ${name}`, true);
        return;
      case 'bracketed':
        this.#enclosed(index, OPEN, CLOSE, `the ${name} in brackets`, false);
        return;
      case 'words':
        this.#list();
        this.#word(index, name);
        return;
      case 'integers':
      case 'decimals':
        this.#list();
        this.#number(index, form === 'decimals', name);
        return;
      default:
        this.#number(index, form === 'decimal', name);
    }
  }

  #word(index: number, name: string): void {
    const start = this.at;
    this.skipWord();
    if (this.at === start) throw this.expected(`the ${name}`);
    this.setUnlessDash(index, start, this.at);
  }

  #time(index: number): void {
    this.take(OPEN, 'a time in brackets');
    const start = this.at;
    this.skipTo(CLOSE);
    const micros = this.#times.micros(this.bytes, start, this.at, this.readAtMs);
    if (Number.isNaN(micros)) throw this.expected('a time such as 10/Oct/2000:13:55:36 -0700', '', start);
    this.setNumber(index, start, this.at, micros);
    this.take(CLOSE, '"]" after the time');
  }

  #enclosed(index: number, open: number, close: number, what: string, keepEmpty: boolean): void {
    this.take(open, what);
    const start = this.at;
    this.skipTo(close);
    if (keepEmpty || this.at > start) this.setUnlessDash(index, start, this.at);
    this.take(close, `${what}, which begins at column ${start - this.start}, to end`);
  }

  /** Skips all but the last of the values for upstreams that were asked one after the other. */
  #list(): void {
    for (;;) {
      let end = this.at;
      while (end < this.end && this.bytes[end] !== SPACE) end++;
      const isGroupEnd = this.bytes[end + 1] === COLON && this.bytes[end + 2] === SPACE && end + 2 < this.end;
      if (isGroupEnd) this.at = end + 3;
      else if (end + 1 < this.end && end > this.at && this.bytes[end - 1] === COMMA) this.at = end + 1;
      else return;
    }
  }

  #number(index: number, isDecimal: boolean, name: string): void {
    if (this.dash()) return;
    const start = this.at;
    this.skipDigits();
    if (isDecimal && this.at > start && this.peek() === POINT) {
      this.at++;
      if (!isDigit(this.peek())) throw this.expected(`the ${name} as a number`, '', start);
      this.skipDigits();
    }
    const isWhole = this.at === this.end || this.peek() === SPACE;
    if (this.at === start || !isWhole) throw this.expected(`the ${name} as a number`, '', start);
    this.setExtent(index, start, this.at);
  }
}
