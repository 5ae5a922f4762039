import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What a right output holds, computed by the generator from its own values and never by parsing. */
export interface Truth {
  readonly seed: number;
  readonly bytes: number;
  readonly records: number;
  /** SHA-256 of the whole input: what a copy of it must have. */
  readonly sha256: string;
  readonly matches: Matches;
}

/** The records that a job selects. */
export interface Matches {
  readonly records: number;
  /** Sum of the matching records' sizes (`size` of J1, `request.bytes` of J2). */
  readonly sizeSum: number;
  /** SHA-256 over the canonical text of each expected output record, in order, each with a newline. */
  readonly sha256: string;
}

/** Collects the records that a right output holds. */
export class MatchCounter {
  #records = 0;
  #sizeSum = 0;
  readonly #hash = createHash('sha256');
  #pending = '';

  add(canonical: string, size: number): void {
    this.#records++;
    this.#sizeSum += size;
    this.#pending += `${canonical}\n`;
    if (this.#pending.length > 65536) this.#flush();
  }

  finish(): Matches {
    this.#flush();
    return { records: this.#records, sizeSum: this.#sizeSum, sha256: this.#hash.digest('hex') };
  }

  #flush(): void {
    this.#hash.update(this.#pending);
    this.#pending = '';
  }
}

/** The fields of J1's output. Timestamps are compared as times, so each tool may write them in its own way. */
export interface AccessRecord {
  readonly host: string;
  readonly timestampMs: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Undefined where the log says `-`. */
  readonly size: number | undefined;
}

export function canonicalAccess(record: AccessRecord): string {
  const { host, timestampMs, method, path, status, size } = record;
  return JSON.stringify([host, timestampMs, method, path, status, size ?? null]);
}

/** JSON with sorted keys, so that the order of fields does not matter. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** What is wrong with an output, in words; undefined when it is right. */
export type Check = (outputPath: string, truth: Truth) => Promise<string | undefined>;

export const checkAccess: Check = (outputPath, truth) =>
  checkRecords(outputPath, truth.matches, (record) => {
    const { host, timestamp, method, path, status, size, ...others } = record;
    const unexpected = Object.keys(others);
    if (unexpected.length > 0) throw new Error(`unexpected fields ${unexpected.join(', ')}`);
    const checked = {
      host: String(host),
      timestampMs: parseTimestampMs(String(timestamp)),
      method: String(method),
      path: String(path),
      status: Number(status),
      size: size === undefined || size === null || size === '-' ? undefined : Number(size),
    };
    return { canonical: canonicalAccess(checked), size: checked.size ?? 0 };
  });

export const checkAppLog: Check = (outputPath, truth) =>
  checkRecords(outputPath, truth.matches, (record) => {
    const request = record.request as { bytes?: number } | undefined;
    return { canonical: canonicalJson(record), size: request?.bytes ?? 0 };
  });

export const checkCopy: Check = async (outputPath, truth) => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(outputPath, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  if (bytes !== truth.bytes) return `${bytes} bytes in place of ${truth.bytes}`;
  return hash.digest('hex') === truth.sha256 ? undefined : 'the bytes differ from those of the input';
};

/** The number that `wc -l` printed. */
export const checkLineCount: Check = async (outputPath, truth) => {
  for await (const line of createInterface({ input: createReadStream(outputPath) })) {
    const counted = Number.parseInt(line, 10);
    return counted === truth.records ? undefined : `${counted} lines in place of ${truth.records}`;
  }
  return 'no output';
};

async function checkRecords(
  outputPath: string,
  expected: Matches,
  read: (record: Readonly<Record<string, unknown>>) => { canonical: string; size: number },
): Promise<string | undefined> {
  const counter = new MatchCounter();
  let lineNumber = 0;
  for await (const line of createInterface({
    input: createReadStream(outputPath, { highWaterMark: 1 << 20 }),
  })) {
    lineNumber++;
    try {
      const { canonical, size } = read(JSON.parse(line));
      counter.add(canonical, size);
    } catch (error) {
      return `output line ${lineNumber}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  const found = counter.finish();
  if (found.records !== expected.records) return `${found.records} records in place of ${expected.records}`;
  if (found.sizeSum !== expected.sizeSum) return `sizes sum to ${found.sizeSum}, not to ${expected.sizeSum}`;
  return found.sha256 === expected.sha256 ? undefined : 'values differ from those that were generated';
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const CLF = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d)$/;

/** Milliseconds since 1970 of an access log's timestamp (`17/May/2026:10:05:03 +0200`) or of an RFC 3339 one. */
function parseTimestampMs(text: string): number {
  const clf = CLF.exec(text);
  const [, day, month, year, hour, minute, second, zoneHour, zoneMinute] = clf ?? [];
  const rfc3339 = clf
    ? `${year}-${twoDigits(MONTHS.indexOf(month!) + 1)}-${day}T${hour}:${minute}:${second}${zoneHour}:${zoneMinute}`
    : text;
  const parsed = Date.parse(rfc3339);
  if (Number.isNaN(parsed)) throw new Error(`"${text}" is no timestamp`);
  return parsed;
}

/** `17/May/2026:10:05:03 +0200`, as an access log has it, of a time two hours east of Greenwich. */
export function formatClfTimestamp(timestampMs: number): string {
  const local = new Date(timestampMs + 2 * 3_600_000);
  const day = `${twoDigits(local.getUTCDate())}/${MONTHS[local.getUTCMonth()]}/${local.getUTCFullYear()}`;
  return `${day}:${local.toISOString().slice(11, 19)} +0200`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
