import { Random } from '../../src/base/random.js';

/** A number from 0 up to, not including, `below`. */
export type Uniform = (below: number) => number;

export function uniform(seed: number): Uniform {
  const random = new Random(seed);
  return (below) => random.below(below);
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

/** The seeds of a test with so many cases: the one that is repeated, or these. */
export function seedsOf(name: string, count: number): number[] {
  const first = seedOf(name);
  return Array.from({ length: process.env.MILLRACE_SEED === undefined ? count : 1 }, (_, i) => first + i);
}
