/** The faults that the kernel `decodeJson` finds; the numbers are those of assembly/json-faults.ts. */
const Fault = {
  EMPTY: 1,
  TOO_DEEP: 2,
  NO_VALUE: 3,
  NO_KEY: 4,
  NO_COLON: 5,
  NO_COMMA_IN_OBJECT: 6,
  NO_COMMA_IN_ARRAY: 7,
  TRAILING: 8,
  BAD_SCALAR: 9,
  CONTROL: 10,
  BAD_ESCAPE: 11,
  UNCLOSED: 12,
  STRAY_CONTROL: 13,
} as const;

const decoder = new TextDecoder();
const LONGEST_EXCERPT = 24;

/** The character of the record, from 1, that stands at byte `at`: bytes that continue a UTF-8 character do not count. */
function columnOf(record: Uint8Array, at: number): number {
  let column = 1;
  for (let i = 0; i < at; i++) if ((record[i]! & 0xc0) !== 0x80) column++;
  return column;
}

/** What stands at `at`, as a reader would name it. */
function foundAt(record: Uint8Array, at: number): string {
  if (at >= record.length) return 'the end of the record';
  const byte = record[at]!;
  if (byte === 34) return 'a text in quotes';
  if (byte < 32 || byte === 127) return `the control character ${codeOf(byte)}`;
  return JSON.stringify(wordAt(record, at));
}

function codeOf(byte: number): string {
  return `U+${byte.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The run of letters, digits, signs and points at `at`, or else the one character there. */
function wordAt(record: Uint8Array, at: number): string {
  const text = decoder.decode(record.subarray(at, at + LONGEST_EXCERPT * 4));
  return /^[\w.+-]{1,24}/.exec(text)?.[0] ?? String.fromCodePoint(text.codePointAt(0) ?? 0xfffd);
}

function scalarMessage(word: string, place: string): string {
  const lower = word.toLowerCase();
  if (word !== lower && (lower === 'true' || lower === 'false' || lower === 'null')) {
    return `expected a value ${place}, found "${word}": write ${lower}`;
  }
  if (/^-?0\d/.test(word)) return `expected a value ${place}, found "${word}": a number has no leading zeros`;
  if (/^\+[\d.]/.test(word)) return `expected a value ${place}, found "${word}": a number has no plus sign`;
  if (/^-?(nan|inf)/.test(lower)) {
    return `expected a value ${place}, found "${word}": JSON has neither NaN nor infinity, write null`;
  }
  if (/^[-.\d]/.test(word)) return `expected a number as in -12.5e3 ${place}, found "${word}"`;
  return `expected a value ${place}, found ${JSON.stringify(word)}: texts stand in double quotes`;
}

/**
 * Says what is wrong with a record, and where.
 * @param at index in `record` of the first byte that is wrong
 */
export function faultMessage(fault: number, record: Uint8Array, at: number): string {
  const place = `at column ${columnOf(record, at)}`;
  const found = `${place}, found ${foundAt(record, at)}`;
  const next = record[at];
  switch (fault) {
    case Fault.EMPTY:
      return 'empty line';
    case Fault.TOO_DEEP:
      return `nested deeper than 128 levels ${place}`;
    case Fault.NO_VALUE:
      return `expected a value ${found}`;
    case Fault.NO_KEY:
      return next === 125
        ? `expected a key ${found}: the last member has no comma behind it`
        : `expected a key in double quotes or "}" ${found}`;
    case Fault.NO_COLON:
      return `expected ":" ${found}`;
    case Fault.NO_COMMA_IN_OBJECT:
      return `expected "," or "}" ${found}`;
    case Fault.NO_COMMA_IN_ARRAY:
      return `expected "," or "]" ${found}`;
    case Fault.TRAILING:
      return `expected the end of the record ${found}`;
    case Fault.BAD_SCALAR:
      return scalarMessage(wordAt(record, at), place);
    case Fault.CONTROL:
      return `control character ${codeOf(next ?? 0)} in a string ${place}: escape it as \\u${(next ?? 0).toString(16).padStart(4, '0')}`;
    case Fault.BAD_ESCAPE:
      return `unknown escape in a string ${place}: after a backslash comes one of " \\ / b f n r t or u and four hexadecimal digits`;
    case Fault.STRAY_CONTROL:
      return `control character ${codeOf(next ?? 0)} ${place}: only spaces, tabs and line ends may stand between values`;
    case Fault.UNCLOSED:
      return `the string that begins ${place} is never closed`;
    default:
      return `no JSON ${place}`;
  }
}
