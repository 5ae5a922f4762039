/** A piece of a compiled time format. */
export type TimePiece =
  | { readonly kind: 'literal'; readonly text: string }
  /** Any number of spaces, tabs and newlines, also none. */
  | { readonly kind: 'space' }
  /** A conversion by its letter; `.f` is a fraction that begins with its point, `:z` an offset with a colon. */
  | { readonly kind: 'conversion'; readonly name: string; readonly digits: number | undefined };

/** A format that cannot be compiled: what is wrong with it, and where (0-based). */
export class TimeFormatError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = 'TimeFormatError';
    this.offset = offset;
  }
}

/** Conversions that stand for several. `%+` is RFC 3339, as in Rust's chrono. */
const COMPOSITES: Readonly<Record<string, string>> = {
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  c: '%a %b %e %H:%M:%S %Y',
  v: '%e-%b-%Y',
  '+': '%Y-%m-%dT%H:%M:%S%.f%:z',
};
/** Different letters for the same. */
const SAME: Readonly<Record<string, string>> = { h: 'b', B: 'b', A: 'a', P: 'p', k: 'H', l: 'I', e: 'd' };
const SIMPLE = new Set('YymdjHIMSLNfpbazZsQuw');

/** One conversion: flags, the point or colon before its letter, a width, the letter. */
const CONVERSION = /%([-_0^#]?)(:{1,3}|\.)?(\d?)([\s\S]?)/y;

/**
 * Takes a format apart, in the language of strftime(3) as C, Python, Ruby, Rust and Fluent Bit have it. `%L`, `%f`, `%N` are
 * digits of a fraction of the second (`%3f` exactly three), `%.f` with the point before them, perhaps absent; `%z` is an offset
 * in any of its spellings, `%Z` a name such as UTC or EST; `%s` and `%Q` are seconds and milliseconds since 1970.
 */
export function timePieces(format: string): TimePiece[] {
  const pieces: TimePiece[] = [];
  let at = 0;
  while (at < format.length) {
    if (format[at] !== '%') {
      const text = /^(?:\s+|[^\s%]+)/.exec(format.slice(at))![0];
      pieces.push(text.trim() === '' ? { kind: 'space' } : { kind: 'literal', text });
      at += text.length;
      continue;
    }
    CONVERSION.lastIndex = at;
    const [whole, , prefix = '', width, letter] = CONVERSION.exec(format)!;
    pieces.push(...conversion(whole, prefix, width!, letter!, at));
    at += whole.length;
  }
  return pieces;
}

function conversion(whole: string, prefix: string, width: string, letter: string, at: number): TimePiece[] {
  const name = SAME[letter] ?? letter;
  const digits = width === '' ? undefined : Number(width);
  if (prefix === '' && digits === undefined) {
    if (letter === '%') return [{ kind: 'literal', text: '%' }];
    if (letter === 'n' || letter === 't') return [{ kind: 'space' }];
    const composite = COMPOSITES[letter];
    if (composite !== undefined) return timePieces(composite);
    if (SIMPLE.has(name)) return [{ kind: 'conversion', name, digits }];
  } else if (prefix === '.' && (letter === 'f' || letter === 'L' || letter === 'N')) {
    return [{ kind: 'conversion', name: '.f', digits }];
  } else if (prefix === '' && (letter === 'f' || letter === 'L' || letter === 'N')) {
    return [{ kind: 'conversion', name: letter, digits }];
  } else if (prefix.startsWith(':') && letter === 'z' && digits === undefined) {
    return [{ kind: 'conversion', name: 'z', digits }];
  }
  throw new TimeFormatError(
    letter === ''
      ? 'a time format ends with "%": write "%%" for a percent sign'
      : `there is no conversion "${whole}" for times (see strftime; "%%" is a percent sign)`,
    at,
  );
}
