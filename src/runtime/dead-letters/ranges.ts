/** Offsets from the first up to, but without, the second. */
export type Range = readonly [from: number, to: number];

/** Ascending, with a gap between any two. */
export type Ranges = readonly Range[];

/** Collects offsets that come in ascending order. */
export class RangeCollector {
  readonly #ranges: [number, number][] = [];

  add(offset: number): void {
    const last = this.#ranges.at(-1);
    if (last?.[1] === offset) last[1] = offset + 1;
    else this.#ranges.push([offset, offset + 1]);
  }

  get ranges(): Ranges {
    return this.#ranges;
  }
}

/** The offsets that are in either. */
export function unite(a: Ranges, b: Ranges): Ranges {
  const sorted = [...a, ...b].filter(([from, to]) => from < to).sort(([x], [y]) => x - y);
  const united: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = united.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else united.push([from, to]);
  }
  return united;
}

/** What of the ranges lies from `from` up to, but without, `to`. */
export function within(ranges: Ranges, from: number, to: number): Ranges {
  return ranges
    .map(([start, end]): Range => [Math.max(start, from), Math.min(end, to)])
    .filter(([start, end]) => start < end);
}

/** The range that holds the offset. */
export function rangeAt(ranges: Ranges, offset: number): Range | undefined {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle]!;
    if (offset < range[0]) high = middle - 1;
    else if (offset >= range[1]) low = middle + 1;
    else return range;
  }
  return undefined;
}

/** The first offset from `offset` on that no range holds. */
export function firstOutside(ranges: Ranges, offset: number): number {
  return rangeAt(ranges, offset)?.[1] ?? offset;
}

/** How many offsets the ranges hold. */
export function sizeOf(ranges: Ranges): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}
