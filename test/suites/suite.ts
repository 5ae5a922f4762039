import { inspect, isDeepStrictEqual } from 'node:util';

/** A case of another project's tests, as the files of the conformance folder hold them. */
export interface Case {
  readonly name: string;
  /** A text; some suites have other values here. */
  readonly input: unknown;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly expected: unknown;
  /** Whatever else a suite's cases carry. */
  readonly [key: string]: unknown;
}

/**
 * What running a case showed. `recorded`: its suite leaves the answer to the implementation, so there is none that is
 * wrong, but what ours does is written down.
 */
export type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'recorded'; readonly message: string };

export const PASSED: Outcome = { kind: 'passed' };

export function failed(message: string): Outcome {
  return { kind: 'failed', message };
}

/** Passed when `found` is deeply `expected`, else failed with both. */
export function same(found: unknown, expected: unknown): Outcome {
  if (isDeepStrictEqual(found, expected)) return PASSED;
  return failed(`expected ${inspectShort(expected)}, found ${inspectShort(found)}`);
}

/** Runs the cases of one file. */
export interface Suite {
  /** The file's name without `.json`. */
  readonly name: string;
  /** Runs one case. What it throws is a failure. */
  readonly run: (item: Case) => Outcome | Promise<Outcome>;
}

/** The input's bytes: a text, base64 where the case's options say so, or a list of bytes. */
export function bytesOf({ input, options }: Case): Buffer {
  if (Array.isArray(input)) return Buffer.from(input as number[]);
  if (typeof input !== 'string') throw new Error(`the input is no text: ${inspectShort(input)}`);
  return Buffer.from(input, options?.encoding === 'base64' ? 'base64' : 'utf8');
}

/** A case's value as our decoders give it: a timestamp is `{micros}`, base64 its bytes as text. */
export function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if ('$timestamp' in value) return { micros: microsOf(value.$timestamp as string) };
  if ('$float' in value) return Number(String(value.$float).replace('inf', 'Infinity'));
  if ('$base64' in value) return Buffer.from(value.$base64 as string, 'base64').toString();
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** Microseconds since 1970 of a suite's timestamp, which may have nanoseconds. */
function microsOf(timestamp: string): number {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? '';
  return Date.parse(timestamp.replace(/\.\d+/, '')) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

function inspectShort(value: unknown): string {
  const text = inspect(value, { depth: 8, breakLength: Number.POSITIVE_INFINITY });
  return text.length > 400 ? `${text.slice(0, 400)} …` : text;
}
