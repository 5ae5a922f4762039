const QUOTE = 34;
const CARRIAGE_RETURN = 13;
const NEWLINE = 10;

/** How strictly quotes are read. */
export interface CsvDialect {
  readonly delimiter: number;
  /** The byte after which any other is a part of the text; -1: none. */
  readonly escapeByte: number;
  /** A quote that RFC 4180 does not allow where it stands is a part of the text. */
  readonly lenient: boolean;
}

/** What is in a cell: its extent is the text itself, or (bits) a text in which each quote is doubled or bytes are escaped. */
export const CellKind = { PLAIN: 0, DOUBLED_QUOTES: 1, ESCAPED: 2 } as const;

/**
 * The cells of one CSV record (RFC 4180). `marks` are the addresses of all delimiters, quotes and escapes, in order; the walk
 * over a record begins at mark `from` and `parse` leaves in `mark` the first one that lies after it.
 */
export class CsvRow {
  count = 0;
  mark = 0;
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  kinds = new Uint8Array(64);
  readonly #dialect: CsvDialect;

  constructor(dialect: CsvDialect) {
    this.#dialect = dialect;
  }

  /** Splits [start, end). Returns what is wrong with it, or undefined. */
  parse(
    bytes: Uint8Array,
    start: number,
    end: number,
    marks: Int32Array,
    marked: number,
    from: number,
  ): string | undefined {
    const { delimiter, escapeByte, lenient } = this.#dialect;
    let problem: string | undefined;
    let mark = from;
    let at = start;
    this.count = 0;
    for (;;) {
      if (bytes[at] === QUOTE && at < end) {
        mark = this.#quoted(bytes, at, end, marks, marked, mark);
        if (mark < 0) {
          problem = this.#problem(bytes, start, at, end);
          mark = -mark - 1;
          break;
        }
      } else {
        const cell = at;
        let kind: number = CellKind.PLAIN;
        for (; mark < marked && marks[mark]! < end; mark++) {
          const byte = bytes[marks[mark]!];
          if (byte === escapeByte) {
            kind = CellKind.ESCAPED;
            mark = lastEscaped(marks, marked, mark);
          } else if (byte !== QUOTE || !lenient) break;
        }
        const next = mark < marked && marks[mark]! < end ? marks[mark]! : end;
        if (next < end && bytes[next] === QUOTE) {
          problem = `unexpected '"' in a cell without quotes at column ${next - start + 1}`;
          break;
        }
        this.#add(cell, next, kind);
      }
      if (mark >= marked || marks[mark]! >= end || bytes[marks[mark]!] !== delimiter) break;
      at = marks[mark]! + 1;
      mark++;
    }
    while (mark < marked && marks[mark]! < end) mark++;
    this.mark = mark;
    return problem;
  }

  /** Reads the quoted cell at `at`, whose quote is `marks[mark]`. Returns the mark after it, or -1 - mark after a problem. */
  #quoted(
    bytes: Uint8Array,
    at: number,
    end: number,
    marks: Int32Array,
    marked: number,
    mark: number,
  ): number {
    const { delimiter, escapeByte, lenient } = this.#dialect;
    let kind: number = CellKind.PLAIN;
    let next = mark + 1;
    for (;;) {
      for (; next < marked && marks[next]! < end && bytes[marks[next]!] !== QUOTE; next++) {
        if (bytes[marks[next]!] !== escapeByte) continue;
        kind |= CellKind.ESCAPED;
        next = lastEscaped(marks, marked, next);
      }
      if (next >= marked || marks[next]! >= end) {
        if (!lenient) return -1 - next;
        this.#add(at + 1, end, kind);
        return next;
      }
      const quote = marks[next]!;
      next++;
      if (quote + 1 === end || bytes[quote + 1] === delimiter) {
        this.#add(at + 1, quote, kind);
        return next;
      }
      if (bytes[quote + 1] === QUOTE) {
        kind |= CellKind.DOUBLED_QUOTES;
        next++;
      } else if (!lenient) {
        return -1 - next;
      }
    }
  }

  #problem(bytes: Uint8Array, start: number, open: number, end: number): string {
    let at = open + 1;
    for (; at < end; at++) {
      if (bytes[at] === this.#dialect.escapeByte) {
        at++;
        continue;
      }
      if (bytes[at] !== QUOTE) continue;
      if (bytes[at + 1] !== QUOTE || at + 1 >= end) break;
      at++;
    }
    if (at >= end) return `expected a closing quote for the cell that begins at column ${open - start + 1}`;
    const delimiter = JSON.stringify(String.fromCharCode(this.#dialect.delimiter));
    return `expected ${delimiter} after the closing quote at column ${at - start + 2}`;
  }

  #add(start: number, end: number, kind: number): void {
    const cell = this.count++;
    if (cell === this.starts.length) this.#grow();
    this.starts[cell] = start;
    this.ends[cell] = end;
    this.kinds[cell] = kind;
  }

  #grow(): void {
    const starts = new Int32Array(this.starts.length * 2);
    const ends = new Int32Array(starts.length);
    const kinds = new Uint8Array(starts.length);
    starts.set(this.starts);
    ends.set(this.ends);
    kinds.set(this.kinds);
    this.starts = starts;
    this.ends = ends;
    this.kinds = kinds;
  }
}

/** Of the escape `marks[mark]`, the mark of the byte after it if that has one, else its own. */
function lastEscaped(marks: Int32Array, marked: number, mark: number): number {
  return mark + 1 < marked && marks[mark + 1] === marks[mark]! + 1 ? mark + 1 : mark;
}

/** Writes the text of the cell of this kind at [start, end) to `to`. Returns the end of what was written. */
export function unquote(
  bytes: Uint8Array,
  start: number,
  end: number,
  kind: number,
  { escapeByte }: CsvDialect,
  to: number,
): number {
  const isDoubled = (kind & CellKind.DOUBLED_QUOTES) !== 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] === escapeByte && at + 1 < end) {
      bytes[to++] = bytes[++at]!;
      continue;
    }
    bytes[to++] = bytes[at]!;
    if (isDoubled && bytes[at] === QUOTE && bytes[at + 1] === QUOTE && at + 1 < end) at++;
  }
  return to;
}

/** The cells of a header line as strings; its newline and a byte order mark are no part of them. */
export function headerNames(header: Uint8Array, dialect: CsvDialect): readonly string[] | string {
  let start = 0;
  let end = header.length;
  if (header[0] === 0xef && header[1] === 0xbb && header[2] === 0xbf) start = 3;
  if (end > start && header[end - 1] === NEWLINE) end--;
  if (end > start && header[end - 1] === CARRIAGE_RETURN) end--;
  const bytes = header.slice(start, end);
  const marks: number[] = [];
  bytes.forEach((byte, at) => {
    if (byte === QUOTE || byte === dialect.delimiter || byte === dialect.escapeByte) marks.push(at);
  });
  const row = new CsvRow(dialect);
  const problem = row.parse(bytes, 0, bytes.length, Int32Array.from(marks), marks.length, 0);
  if (problem) return `the header line cannot be read: ${problem}`;
  const names: string[] = [];
  for (let cell = 0; cell < row.count; cell++) {
    const start = row.starts[cell]!;
    // The text is never longer than what stands for it, so that it can be written in its place.
    const end = unquote(bytes, start, row.ends[cell]!, row.kinds[cell]!, dialect, start);
    names.push(unique(new TextDecoder().decode(bytes.subarray(start, end)), names));
  }
  return names;
}

/** An empty name becomes `column_<n>`; one that was there before gets `_2`, `_3` … */
function unique(name: string, taken: readonly string[]): string {
  const base = name === '' ? `column_${taken.length + 1}` : name;
  let candidate = base;
  for (let n = 2; taken.includes(candidate); n++) candidate = `${base}_${n}`;
  return candidate;
}
