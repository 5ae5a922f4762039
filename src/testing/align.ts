/** What was expected beside what was found, by index; one of the two is missing where nothing fits. */
export interface Pair {
  readonly wanted?: number;
  readonly found?: number;
  readonly fits: boolean;
}

type Fits = (wanted: number, found: number) => boolean;

/** Lists with more cells than this are compared one by one. */
const MOST_CELLS = 4_000_000;

/** Lays two lists beside each other so that as many as can fit do, in their order (the longest common subsequence). */
export function alignInOrder(wanted: number, found: number, fits: Fits): Pair[] {
  if (wanted * found > MOST_CELLS) return pairUp(range(0, wanted), range(0, found), fits);
  const width = found + 1;
  const longest = new Uint32Array((wanted + 1) * width);
  const known = new Uint8Array((wanted + 1) * width);
  for (let w = wanted - 1; w >= 0; w--) {
    for (let f = found - 1; f >= 0; f--) {
      const at = w * width + f;
      known[at] = fits(w, f) ? 1 : 0;
      longest[at] = known[at]
        ? longest[at + width + 1]! + 1
        : Math.max(longest[at + width]!, longest[at + 1]!);
    }
  }
  const pairs: Pair[] = [];
  let w = 0;
  let f = 0;
  let [gapW, gapF] = [0, 0];
  const closeGap = () => pairs.push(...pairUp(range(gapW, w), range(gapF, f), () => false));
  while (w < wanted && f < found) {
    const at = w * width + f;
    if (known[at]) {
      closeGap();
      pairs.push({ wanted: w++, found: f++, fits: true });
      [gapW, gapF] = [w, f];
    } else if (longest[at + width]! >= longest[at + 1]!) w++;
    else f++;
  }
  [w, f] = [wanted, found];
  closeGap();
  return pairs;
}

/** Pairs as many as can fit, in any order (augmenting paths, after Kuhn); the others stand alone. */
export function alignInAnyOrder(wanted: number, found: number, fits: Fits): Pair[] {
  const takenBy = new Map<number, number>();
  const place = (w: number, seen: Set<number>): boolean => {
    for (let f = 0; f < found; f++) {
      if (seen.has(f) || !fits(w, f)) continue;
      seen.add(f);
      const other = takenBy.get(f);
      if (other !== undefined && !place(other, seen)) continue;
      takenBy.set(f, w);
      return true;
    }
    return false;
  };
  for (let w = 0; w < wanted; w++) place(w, new Set());
  const placed = new Map([...takenBy].map(([f, w]) => [w, f]));
  return [
    ...[...placed].map(([w, f]) => ({ wanted: w, found: f, fits: true })),
    ...pairUp(
      range(0, wanted).filter((w) => !placed.has(w)),
      range(0, found).filter((f) => !takenBy.has(f)),
      () => false,
    ),
  ];
}

function pairUp(wanted: readonly number[], found: readonly number[], fits: Fits): Pair[] {
  return range(0, Math.max(wanted.length, found.length)).map((i) => {
    const [w, f] = [wanted[i], found[i]];
    const both = w !== undefined && f !== undefined;
    return {
      ...(w !== undefined && { wanted: w }),
      ...(f !== undefined && { found: f }),
      fits: both && fits(w, f),
    };
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
