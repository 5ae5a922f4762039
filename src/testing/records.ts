import type { RecordValue, TestRecord } from '../plan/index.js';

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?![\d.eE])/g;

/** A record as a test compares it. Whole numbers that JavaScript cannot hold become their digits, as text. */
export function parseRecord(json: string): TestRecord {
  const exact = json.replace(TOKEN, (token) =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${token}"`,
  );
  return JSON.parse(exact) as TestRecord;
}

/** Whether two values are the same; the order of keys does not matter. */
export function isEqual(a: RecordValue | undefined, b: RecordValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  const other = b as { readonly [key: string]: RecordValue };
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual((a as typeof other)[key], other[key]))
  );
}

/** Whether a record has all these fields with these values. */
export function hasFields(record: TestRecord, fields: TestRecord): boolean {
  return Object.entries(fields).every(
    ([name, value]) => Object.hasOwn(record, name) && isEqual(record[name], value),
  );
}

/** How many of the fields the record has with the same value. */
export function likeness(record: TestRecord, fields: TestRecord): number {
  return Object.entries(fields).filter(([name, value]) => isEqual(record[name], value)).length;
}

/**
 * What is different, a field a line: `-` is expected, `+` was found, two spaces are what both have.
 * @param onlyNamed fields that are found but not named do not count
 */
export function recordDifference(fields: TestRecord, found: TestRecord, onlyNamed = false): string[] {
  const names = new Set([...Object.keys(fields), ...(onlyNamed ? [] : Object.keys(found))]);
  return [...names].flatMap((name) => {
    const wants = Object.hasOwn(fields, name);
    const has = Object.hasOwn(found, name);
    if (wants && has && isEqual(fields[name], found[name])) return [`  ${line(name, found[name]!)}`];
    return [
      ...(wants ? [`- ${line(name, fields[name]!)}`] : []),
      ...(has ? [`+ ${line(name, found[name]!)}`] : []),
    ];
  });
}

/** A record on one line. */
export function recordText(record: RecordValue): string {
  return JSON.stringify(record);
}

function line(name: string, value: RecordValue): string {
  return `${name}: ${JSON.stringify(value)}`;
}

const MOST_LINES = 20;

/** What is different between two texts, around the first line that is. */
export function textDifference(expected: string, found: string): string[] {
  const wanted = linesOf(expected);
  const got = linesOf(found);
  const first = wanted.findIndex((one, i) => one !== got[i]);
  const from = first === -1 ? wanted.length : first;
  const before = from > 0 ? [`  ${wanted[from - 1]}`] : [];
  const minus = wanted.slice(from, from + MOST_LINES).map((one) => `- ${one}`);
  const plus = got.slice(from, from + MOST_LINES).map((one) => `+ ${one}`);
  return [`  (line ${from + 1})`, ...before, ...minus, ...plus];
}

/** Lines as they are shown: the end of the last one shows where it has no newline. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  else lines.push('(no newline at the end)');
  return lines.map((one) => one.replaceAll(/\p{Cc}/gu, (c) => JSON.stringify(c).slice(1, -1)));
}
