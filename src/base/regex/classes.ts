import { type Ranges, rangesOf } from './code-points.js';
import { RegexError } from './regex-error.js';

type Pair = readonly [number, number];

const DIGITS: Pair = [0x30, 0x39];
const UPPER: Pair = [0x41, 0x5a];
const LOWER: Pair = [0x61, 0x7a];
const WORD: Ranges = [DIGITS, UPPER, LOWER, [0x5f, 0x5f]];

/** `[:name:]` inside of brackets. */
const POSIX: Readonly<Record<string, Ranges>> = {
  alnum: [DIGITS, UPPER, LOWER],
  alpha: [UPPER, LOWER],
  ascii: [[0, 0x7f]],
  blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: [DIGITS],
  graph: [[0x21, 0x7e]],
  lower: [LOWER],
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: [
    [0x09, 0x0d],
    [0x20, 0x20],
  ],
  upper: [UPPER],
  word: WORD,
  xdigit: [DIGITS, [0x41, 0x46], [0x61, 0x66]],
};

/** `\d`, `\s` and `\w` are ASCII in RE2, and `\s` is without the vertical tab. */
export const PERL_CLASSES: Readonly<Record<string, Ranges>> = {
  d: [DIGITS],
  s: [
    [0x09, 0x0a],
    [0x0c, 0x0d],
    [0x20, 0x20],
  ],
  w: WORD,
};

export function posixClass(text: string, name: string): Ranges {
  const ranges = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
  if (ranges === undefined) throw new RegexError(`there is no class "${text}"`);
  return ranges;
}

/** `\pL`, `\p{Greek}`: RE2 names scripts without saying so. */
export function unicodeClass(name: string): Ranges {
  try {
    return rangesOf(`\\p{${name.length <= 2 ? name : `Script=${name}`}}`, 'u');
  } catch {
    throw new RegexError(`there is no Unicode class "${name}"`);
  }
}

/** What `ranges` take when letters of either case are the same. */
export function foldCase(ranges: Ranges): Ranges {
  if (ranges.some(([, last]) => last > 0x7f)) {
    const members = ranges.map(([first, last]) => `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`);
    return rangesOf(`[${members.join('')}]`, 'iu');
  }
  const folded: Pair[] = [...ranges];
  for (const [first, last] of ranges) {
    for (let point = first; point <= last; point++) {
      const text = String.fromCharCode(point);
      const other = /[a-z]/.test(text) ? text.toUpperCase() : text.toLowerCase();
      if (other !== text) folded.push([other.charCodeAt(0), other.charCodeAt(0)]);
      // Unicode folds the long s and the sign of Kelvin with ASCII letters; no other character does that.
      if (/s/i.test(text)) folded.push([0x17f, 0x17f]);
      if (/k/i.test(text)) folded.push([0x212a, 0x212a]);
    }
  }
  return folded;
}
