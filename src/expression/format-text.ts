import { formatFixed, formatPlain, formatScientific } from '../base/decimal.js';
import { textOfNetwork } from './network.js';
import { formatDuration, formatTimestamp } from './time.js';
import { typeValueOf } from './type-names.js';
import {
  CelMap,
  Cidr,
  compareText,
  Duration,
  Failure,
  IpAddress,
  isList,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.js';

const CLAUSE = /%(?:(%)|(?:\.(\d+))?([\s\S]?))/g;
const DEFAULT_DIGITS = 6;
const MAX_DIGITS = 100;

/**
 * CEL's `format`: a text whose clauses (`%s %d %f %e %b %o %x %X`, `%.2f`) stand for the items of a list. `%%` is a percent sign.
 */
export function formatText(text: string, items: readonly Value[]): Value {
  let failure: Failure | undefined;
  let next = 0;
  const result = text.replaceAll(
    CLAUSE,
    (_, percent: string | undefined, digits: string | undefined, letter: string) => {
      if (percent !== undefined) return '%';
      const formatted = formatItem(letter, digits === undefined ? undefined : Number(digits), items, next++);
      if (typeof formatted === 'string') return formatted;
      failure ??= formatted;
      return '';
    },
  );
  return failure ?? result;
}

function formatItem(
  letter: string,
  digits: number | undefined,
  items: readonly Value[],
  index: number,
): string | Failure {
  const formatter = Object.hasOwn(FORMATTERS, letter) ? FORMATTERS[letter] : undefined;
  if (!formatter) return new Failure(`there is no clause "%${letter}" in formats`);
  if (digits !== undefined && digits > MAX_DIGITS)
    return new Failure(`a format has at most ${MAX_DIGITS} digits`);
  if (index >= items.length)
    return new Failure(`a format asks for item ${index} of a list of ${items.length}`);
  const item = items[index]!;
  return (
    formatter(item, digits ?? DEFAULT_DIGITS) ??
    new Failure(`"%${letter}" does not take ${typeValueOf(item).name}`)
  );
}

/** Undefined when the clause does not take the value. */
type Formatter = (value: Value, digits: number) => string | undefined;

const FORMATTERS: Readonly<Record<string, Formatter>> = {
  s: plainText,
  d: (value) => (typeof value === 'number' ? textOfNumber(value) : integerOf(value)?.toString()),
  f: (value, digits) => ofNumber(value, (number) => formatFixed(number, digits)),
  e: (value, digits) => ofNumber(value, (number) => formatScientific(number, digits)),
  b: (value) => (typeof value === 'boolean' ? String(Number(value)) : integerOf(value)?.toString(2)),
  o: (value) => integerOf(value)?.toString(8),
  x: hexText,
  X: (value) => hexText(value)?.toUpperCase(),
};

function integerOf(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return value instanceof Uint ? value.value : undefined;
}

function ofNumber(value: Value, format: (number: number) => string): string | undefined {
  const integer = integerOf(value);
  const number = integer === undefined ? value : Number(integer);
  if (typeof number !== 'number') return undefined;
  return Number.isFinite(number) ? format(number) : String(number);
}

function textOfNumber(value: number): string {
  return Number.isFinite(value) ? formatPlain(value) : String(value);
}

function hexText(value: Value): string | undefined {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return integerOf(value)?.toString(16);
}

/** What `%s` makes of a value, undefined of one that it does not take. */
function plainText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return textOfNumber(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof Timestamp) return formatTimestamp(value.nanos);
  if (value instanceof Duration) return formatDuration(value.nanos);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof IpAddress || value instanceof Cidr) return textOfNetwork(value);
  if (isList(value)) {
    const texts = value.map(plainText);
    return texts.includes(undefined) ? undefined : `[${texts.join(', ')}]`;
  }
  return value instanceof CelMap ? textOfMap(value) : undefined;
}

/** The entries in the order of their keys. */
function textOfMap(map: CelMap): string | undefined {
  const entries: [string, string][] = [];
  for (const { key, value } of map.entries()) {
    const text = plainText(value);
    if (text === undefined) return undefined;
    entries.push([plainText(key)!, text]);
  }
  entries.sort(([a], [b]) => compareText(a, b));
  return `{${entries.map(([key, text]) => `${key}: ${text}`).join(', ')}}`;
}
