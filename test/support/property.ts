const SHARE = Number(process.env.MILLRACE_PROPERTY_RUNS ?? 1);

/**
 * How many cases of a property to try, `full` of them unless the environment asks for a share of that:
 * `MILLRACE_PROPERTY_RUNS=0.1` is a tenth, for a quick look before a commit; `npm test` and CI try all.
 */
export function runs(full: number): number {
  if (!(SHARE > 0)) throw new Error('MILLRACE_PROPERTY_RUNS is a factor such as 0.1');
  return Math.ceil(full * SHARE);
}
