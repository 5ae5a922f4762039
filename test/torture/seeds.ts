/** A number from 0 up to, not including, `below`. */
export type Uniform = (below: number) => number;

/** Mulberry32: the same numbers for the same seed. */
export function uniform(seed: number): Uniform {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** How much more than in CI is tried: `MILLRACE_TORTURE=10` for a release. */
export function scale(): number {
  return Number(process.env.MILLRACE_TORTURE ?? 1);
}

/** The seed of a test: `MILLRACE_SEED` to repeat a failure, else one from its name and the day. */
export function seedOf(name: string): number {
  const given = process.env.MILLRACE_SEED;
  if (given !== undefined) return Number(given);
  let hash = Math.floor(Date.now() / 86_400_000);
  for (const char of name) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0;
  return hash;
}
