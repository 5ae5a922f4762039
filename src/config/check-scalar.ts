import { Secret } from '../base/secrets.js';
import { formatDurationMs, formatSize, parseDurationMs, parseSize } from '../base/units.js';
import { FieldError, type FieldType } from './fields.js';
import { type Node, quote, type ScalarNode } from './node.js';
import type { Problems } from './problem.js';
import { nearestDuration, nearestSize } from './quantity.js';
import { placeInside } from './read.js';

/** Where problems of a value go, and its path. */
export interface CheckedAt {
  readonly path: string;
  readonly problems: Problems;
}

type Of<K extends FieldType['kind']> = Extract<FieldType, { kind: K }>;
export type ScalarType = Exclude<
  FieldType,
  { kind: 'any' | 'list' | 'map' | 'object' | 'variant' | 'either' }
>;

/** What a type takes, in words that follow "expected". */
export function expectation(type: FieldType): string {
  switch (type.kind) {
    case 'string':
      return type.format === undefined
        ? 'text'
        : `${/^[aeiou]/.test(type.format) ? 'an' : 'a'} ${type.format}`;
    case 'secret':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${range(type, String)}`;
    case 'number':
      return `a number${range(type, String)}`;
    case 'size':
      return `a size such as 64KiB or 10MB${range(type, formatSize)}`;
    case 'duration':
      return type.min === undefined
        ? 'a duration such as 500ms, 30s or 5m'
        : `a duration${range(type, formatDurationMs)}, such as 500ms, 30s or 5m`;
    case 'enum':
      return oneOf(type.values);
    case 'any':
      return 'a value';
    case 'list':
      return 'a list';
    case 'map':
    case 'object':
      return 'a map';
    case 'variant':
      return oneOf(type.variants().map(({ name }) => name));
    case 'either':
      return [...new Set(type.types.map(expectation))].join(' or ');
  }
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `one of ${names.join(', ')}`;
}

function range({ min, max }: { min?: number; max?: number }, show: (value: number) => string): string {
  if (min !== undefined && max !== undefined) return ` from ${show(min)} to ${show(max)}`;
  if (min !== undefined) return ` of at least ${show(min)}`;
  return max === undefined ? '' : ` of at most ${show(max)}`;
}

/** What was found, in words. A value that was filled in from outside is shown as it is written, such as `${NAME}`. */
export function describe(node: Node): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a map';
  if (node.written !== undefined) return quote(node.written);
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string' ? quote(node.text) : node.text;
}

export function checkScalar(node: ScalarNode, type: ScalarType, at: CheckedAt): unknown {
  switch (type.kind) {
    case 'string':
      return checkString(node, type, at);
    case 'secret':
      return checkSecret(node, type, at);
    case 'boolean':
      return checkBoolean(node, at);
    case 'integer':
    case 'number':
      return checkNumber(node, type, at);
    case 'size':
      return checkSize(node, type, at);
    case 'duration':
      return checkDuration(node, type, at);
    case 'enum':
      return checkEnum(node, type, at);
  }
}

function refuse(node: ScalarNode, type: FieldType, at: CheckedAt, suggestion?: string): undefined {
  const shown = node.written === undefined ? suggestion : undefined;
  at.problems.add(node.place, at.path, `expected ${expectation(type)}, found ${describe(node)}`, shown);
  return undefined;
}

/** Numbers and booleans count as text where they were filled in (a password of digits) or are parsed (`where: true`). */
function checkString(node: ScalarNode, type: Of<'string'>, at: CheckedAt): unknown {
  const filledIn = node.written !== undefined;
  if (node.value === null && !filledIn) return refuse(node, type, at);
  if (typeof node.value !== 'string' && !filledIn && !type.parse) {
    at.problems.add(node.place, at.path, `expected text, found ${node.text} (put it in quotes)`);
    return undefined;
  }
  if (!type.parse) return node.text;
  try {
    return type.parse(node.text);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    if (filledIn) {
      // The parser's message may quote any part of the value, so it cannot be shown.
      at.problems.add(
        node.place,
        at.path,
        `with its values filled in, ${quote(node.written!)} is not ${expectation(type)}`,
      );
    } else {
      at.problems.add(placeInside(node, error.offset), at.path, error.message, error.suggestion);
    }
    return undefined;
  }
}

/** A secret is hidden wherever it comes from, also where it stands in the file. */
function checkSecret(node: ScalarNode, type: Of<'secret'>, at: CheckedAt): Secret | undefined {
  if (node.value === null && node.written === undefined) return refuse(node, type, at);
  if (node.text !== '') at.problems.hideSecret(node.text, node.written ?? '***');
  return new Secret(node.text);
}

function checkBoolean(node: ScalarNode, at: CheckedAt): boolean | undefined {
  if (typeof node.value === 'boolean') return node.value;
  const word = node.text.toLowerCase();
  const meant = { yes: 'true', on: 'true', true: 'true', no: 'false', off: 'false', false: 'false' }[word];
  return refuse(node, { kind: 'boolean' }, at, node.value === null ? undefined : meant);
}

function checkNumber(node: ScalarNode, type: Of<'integer' | 'number'>, at: CheckedAt): number | undefined {
  const { value } = node;
  const fits = type.kind === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (!fits || (value as number) < (type.min ?? -Infinity) || (value as number) > (type.max ?? Infinity)) {
    const digits =
      typeof value === 'string' && /^\d+(?:[_,]\d{3})*$/.test(value) ? value.replace(/[_,]/g, '') : undefined;
    return refuse(node, type, at, digits);
  }
  return value as number;
}

function checkSize(node: ScalarNode, type: Of<'size'>, at: CheckedAt): number | undefined {
  const bytes = parseSize(node.text);
  if (bytes === undefined) return refuse(node, type, at, nearestSize(node.text));
  const fits = Number.isSafeInteger(bytes) && bytes >= (type.min ?? 0) && bytes <= (type.max ?? Infinity);
  return fits ? bytes : refuse(node, type, at);
}

function checkDuration(node: ScalarNode, type: Of<'duration'>, at: CheckedAt): number | undefined {
  const milliseconds = parseDurationMs(node.text);
  if (milliseconds === undefined) return refuse(node, type, at, nearestDuration(node.text));
  const fits = Number.isSafeInteger(milliseconds) && milliseconds >= (type.min ?? 0);
  return fits ? milliseconds : refuse(node, type, at);
}

function checkEnum(node: ScalarNode, type: Of<'enum'>, at: CheckedAt): string | undefined {
  if (type.values.includes(node.text)) return node.text;
  return refuse(node, type, at, node.text === '' ? undefined : at.problems.nearest(node.text, type.values));
}
