import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../src/base/regex/regex.js';
import { GROK_FORMAT } from '../../src/formats/grok/index.js';
import { REGEX_FORMAT } from '../../src/formats/regex/index.js';
import { HOSTILE_PAIRS } from '../support/hostile-patterns.js';
import { decodeAll } from './support.js';

const LIMIT_MS = 100;
/** Few letters are enough for exponential time; more show what is quadratic. */
const LENGTHS = [40, 1000, 64 * 1024];

function bestOfThreeMs(deed: () => void): number {
  const times = [0, 1, 2].map(() => {
    const startMs = performance.now();
    deed();
    return performance.now() - startMs;
  });
  // A busy machine may hold up one of three, but not all.
  return Math.min(...times);
}

describe.each(HOSTILE_PAIRS)('$name, $pattern', ({ pattern, text }) => {
  const grok = GROK_FORMAT.decoder!.create({ type: 'grok', pattern, ecs: false, timeout: LIMIT_MS });
  const regex = REGEX_FORMAT.decoder!.create({ type: 'regex', pattern });
  const compiled = compileRegex(pattern);

  it.each(LENGTHS)('takes no long time on %i letters', (length) => {
    const record = text(length);
    expect(bestOfThreeMs(() => decodeAll(grok, [record]))).toBeLessThan(LIMIT_MS);
    expect(bestOfThreeMs(() => decodeAll(regex, [record]))).toBeLessThan(LIMIT_MS);
    expect(bestOfThreeMs(() => compiled.test(record))).toBeLessThan(LIMIT_MS);
  });
});
