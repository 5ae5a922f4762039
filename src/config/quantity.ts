/** What people write for a unit, in lower case, and what it is called here. */
const SIZE_WORDS: Readonly<Record<string, string>> = {
  b: 'B', byte: 'B', bytes: 'B',
  k: 'KiB', kb: 'KB', kib: 'KiB', ki: 'KiB',
  m: 'MiB', mb: 'MB', mib: 'MiB', mi: 'MiB',
  g: 'GiB', gb: 'GB', gib: 'GiB', gi: 'GiB',
  t: 'TiB', tb: 'TB', tib: 'TiB', ti: 'TiB',
}; // biome-ignore format: one unit a line
const DURATION_WORDS: Readonly<Record<string, string>> = {
  '': 's', ms: 'ms', msec: 'ms', millis: 'ms', millisecond: 'ms', milliseconds: 'ms',
  s: 's', sec: 's', secs: 's', second: 's', seconds: 's',
  m: 'm', min: 'm', mins: 'm', minute: 'm', minutes: 'm',
  h: 'h', hr: 'h', hrs: 'h', hour: 'h', hours: 'h',
  d: 'd', day: 'd', days: 'd',
}; // biome-ignore format: one unit a line

function withUnit(text: string, words: Readonly<Record<string, string>>): string | undefined {
  const match = /^\s*(\d{1,15}(?:\.\d{1,15})?)[\s_]*([A-Za-z]*)\s*$/.exec(text);
  if (!match) return undefined;
  const word = match[2]!.toLowerCase();
  return Object.hasOwn(words, word) ? `${match[1]}${words[word]}` : undefined;
}

/** The size that was most likely meant: `10MiB` for `10M` or `10 mib`. */
export function nearestSize(text: string): string | undefined {
  return withUnit(text, SIZE_WORDS);
}

/** The duration that was most likely meant: `5m` for `5 minutes`, `5s` for `5`. */
export function nearestDuration(text: string): string | undefined {
  return withUnit(text, DURATION_WORDS);
}
