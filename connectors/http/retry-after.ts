/** No receiver holds up a pipeline for longer by its own word. */
const MOST_MS = 5 * 60_000;

/**
 * How long `Retry-After` asks to wait: seconds or a date (RFC 9110, 10.2.3).
 * @returns milliseconds from now on, at most five minutes; 0 where it asks for nothing
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0;
  const isSeconds = /^\s*\d+\s*$/.test(value);
  // What is no date of HTTP, which begins with a weekday, may still be one to JavaScript: "-1" is in 2001.
  const isDate = /^\s*[A-Za-z]{3,9},? /.test(value);
  const waitMs = isSeconds ? Number(value) * 1000 : isDate ? Date.parse(value) - nowMs : 0;
  return Number.isFinite(waitMs) ? Math.min(MOST_MS, Math.max(0, waitMs)) : 0;
}
