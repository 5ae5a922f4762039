import { formatSize, parseDurationMs, parseSize } from '../base/units.js';
import type { Field, FieldType } from './fields.js';
import { setOwn } from './node.js';

/** The checked value of a field's default. */
export function defaultOf(field: Field): unknown {
  return filled(field.type, field.default);
}

/** A configuration of nothing but defaults. */
export function defaultsOf(fields: readonly Field[]): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const field of fields) if (field.default !== undefined) setOwn(config, field.name, defaultOf(field));
  return config;
}

function filled(type: FieldType, value: unknown): unknown {
  const text = typeof value === 'string' ? value : undefined;
  if (type.kind === 'size' && text !== undefined) return parseSize(text);
  if (type.kind === 'duration' && text !== undefined) return parseDurationMs(text);
  if (type.kind === 'string' && text !== undefined) return type.parse ? type.parse(text) : text;
  if (type.kind === 'list' && Array.isArray(value)) return value.map((item) => filled(type.items, item));
  if (type.kind === 'variant') return filledVariant(type, text ?? value);
  if (type.kind === 'object') return filledObject(type.fields, value);
  if (type.kind === 'map') return filledMap(type.values, value);
  return value;
}

function filledVariant(type: Extract<FieldType, { kind: 'variant' }>, value: unknown): unknown {
  const given = typeof value === 'string' ? { type: value } : (value as { type: string });
  const variant = type.variants().find(({ name }) => name === given.type);
  return variant ? { type: given.type, ...filledObject(variant.fields, given) } : given;
}

function filledObject(fields: readonly Field[], value: unknown): Record<string, unknown> {
  const config = defaultsOf(fields);
  for (const field of fields) {
    const given = (value as Record<string, unknown> | undefined)?.[field.name];
    if (given !== undefined) setOwn(config, field.name, filled(field.type, given));
  }
  return config;
}

function filledMap(values: FieldType, value: unknown): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value as object)) setOwn(result, key, filled(values, item));
  return result;
}

const DURATIONS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** A default as it would stand in YAML, for editors and the documentation; undefined when there is none. */
export function shownDefault({ type, default: value }: Field): unknown {
  if (typeof value === 'number' && type.kind === 'size') return formatSize(value).replace(/(\.0)? /, '');
  if (typeof value === 'number' && type.kind === 'duration') {
    const unit = value > 0 ? DURATIONS.find(([, ms]) => value % ms === 0) : undefined;
    return unit ? `${value / unit[1]}${unit[0]}` : `${value}ms`;
  }
  if (type.kind === 'variant' && typeof value === 'object' && value !== null && 'type' in value) {
    return Object.keys(value).length === 1 ? value.type : value;
  }
  return value;
}
