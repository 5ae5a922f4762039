/** Inclusive, ordered, apart from each other, and without surrogates, which no well-formed text holds alone. */
export type Ranges = readonly (readonly [first: number, last: number])[];

const LAST = 0x10ffff;
const SURROGATES = [0xd800, 0xdfff] as const;

/** Orders ranges, joins those that touch, and takes the surrogates out. */
export function normalized(ranges: Ranges): Ranges {
  const joined: [number, number][] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined.flatMap(([first, last]): Ranges => {
    const parts = [
      [first, Math.min(last, SURROGATES[0] - 1)],
      [Math.max(first, SURROGATES[1] + 1), last],
    ] as const;
    return first <= SURROGATES[1] && last >= SURROGATES[0]
      ? parts.filter(([a, b]) => a <= b)
      : [[first, last]];
  });
}

/** All code points but these. */
export function negated(ranges: Ranges): Ranges {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [first, last] of normalized(ranges)) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return normalized(gaps);
}

/** The code points that JavaScript's own engine takes for a class, such as `\p{Greek}` or `[é-ü]` with the flag i. */
export function rangesOf(classSource: string, flags: 'u' | 'iu'): Ranges {
  const matches = everything().matchAll(new RegExp(`(?:${classSource})+`, `g${flags}`));
  return normalized(
    Array.from(matches, ([run]) => {
      // Runs go over the gap of the surrogates, which `normalized` takes out again.
      const last = run.charCodeAt(run.length - 1);
      const isPair = last >= SURROGATES[0] && last <= SURROGATES[1];
      return [run.codePointAt(0)!, isPair ? run.codePointAt(run.length - 2)! : last] as const;
    }),
  );
}

let all: string | undefined;

/** A text of every code point but the surrogates: some 4 MB, so it is made only for the first pattern that needs it. */
function everything(): string {
  if (all !== undefined) return all;
  const units = new Uint16Array(2 * (LAST + 1));
  let length = 0;
  for (const [first, last] of negated([])) {
    for (let point = first; point <= last; point++) {
      if (point > 0xffff) units[length++] = highOf(point);
      units[length++] = point > 0xffff ? lowOf(point) : point;
    }
  }
  all = new TextDecoder('utf-16le').decode(units.subarray(0, length));
  return all;
}

const highOf = (point: number): number => 0xd800 + ((point - 0x10000) >> 10);
const lowOf = (point: number): number => 0xdc00 + ((point - 0x10000) & 0x3ff);
const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;

function range(first: number, last: number): string {
  return first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`;
}

/** A pattern without flags that takes one code point of a set: an atom, which a repetition may follow. */
export function sourceOf(ranges: Ranges): string {
  const units = ranges.filter(([first]) => first <= 0xffff);
  const basic = units.map(([first, last]) => range(first, Math.min(last, 0xffff))).join('');
  const pairs = ranges.flatMap(([first, last]) =>
    last > 0xffff ? pairsOf(Math.max(first, 0x10000), last) : [],
  );
  if (pairs.length === 0) return `[${basic}]`;
  return `(?:${[...(basic === '' ? [] : [`[${basic}]`]), ...pairs].join('|')})`;
}

/** Surrogate pairs of a range of code points beyond the first 65,536. */
function pairsOf(first: number, last: number): string[] {
  const pairs = (highs: [number, number], lows: [number, number]) =>
    `[${range(...highs)}][${range(...lows)}]`;
  let [from, to] = [highOf(first), highOf(last)];
  if (from === to) return [pairs([from, from], [lowOf(first), lowOf(last)])];
  const parts: string[] = [];
  if (lowOf(first) > 0xdc00) parts.push(pairs([from, from++], [lowOf(first), 0xdfff]));
  const tail = lowOf(last) < 0xdfff ? [pairs([to, to--], [0xdc00, lowOf(last)])] : [];
  if (from <= to) parts.push(pairs([from, to], [0xdc00, 0xdfff]));
  return [...parts, ...tail];
}
