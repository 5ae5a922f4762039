import { type Field, type FieldType, shownDefault } from '../config/index.js';

/** A field as `list` and the reference show it; fields of objects and variants follow it, with their path. */
export interface FieldRow {
  readonly path: string;
  readonly type: string;
  /** As it would stand in YAML; `required`, or empty where there is none. */
  readonly fallback: string;
  readonly summary: string;
  readonly example: string;
}

export function fieldRows(fields: readonly Field[], prefix = ''): FieldRow[] {
  return fields.flatMap((field) => {
    const path = `${prefix}${field.name}`;
    const row = {
      path,
      type: typeText(field.type),
      fallback: field.required ? 'required' : yamlText(defaultOf(field)),
      summary: field.summary,
      example: yamlText(field.example),
    };
    return isFormat(field) ? [row] : [row, ...innerRows(field.type, path)];
  });
}

function innerRows(type: FieldType, path: string): FieldRow[] {
  if (type.kind === 'object') return fieldRows(type.fields, `${path}.`);
  if (type.kind === 'list') return innerRows(type.items, `${path}[]`);
  if (type.kind === 'map') return innerRows(type.values, `${path}.*`);
  if (type.kind === 'either') return type.types.flatMap((one) => innerRows(one, path));
  if (type.kind !== 'variant') return [];
  return type
    .variants()
    .flatMap(({ name, summary, fields }) => [
      { path: `${path}: ${name}`, type: '', fallback: '', summary, example: '' },
      ...fieldRows(fields, `${path}.`),
    ]);
}

/** Its variants are the formats, which are described for themselves. */
function isFormat({ name, type }: Field): boolean {
  return name === 'format' && type.kind === 'variant';
}

function defaultOf(field: Field): unknown {
  const shown = shownDefault(field);
  if (field.type.kind === 'object' && typeof shown === 'object') return undefined;
  return isTypeOnly(shown) ? shown.type : shown;
}

function isTypeOnly(value: unknown): value is { readonly type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && Object.keys(value).length === 1;
}

/** What a value has to be, in a few words. */
function typeText(type: FieldType): string {
  switch (type.kind) {
    case 'string':
      return type.format ?? 'text';
    case 'secret':
      return 'secret text';
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `whole number${limits(type)}`;
    case 'number':
      return `number${limits(type)}`;
    case 'enum':
      return type.values.join(', ');
    case 'any':
      return 'any value';
    case 'list':
      return `list of ${plain(type.items)}`;
    case 'map':
      return `map of ${plain(type.values)}`;
    case 'object':
      return 'map';
    case 'variant':
      return type
        .variants()
        .map(({ name }) => name)
        .join(', ');
    case 'either':
      return type.types.map(typeText).join(', or ');
    default:
      return type.kind;
  }
}

function plain(type: FieldType): string {
  return type.kind === 'enum' || type.kind === 'either' ? `(${typeText(type)})` : typeText(type);
}

function limits({ min, max }: { readonly min?: number; readonly max?: number }): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` from ${min}`;
  return max === undefined ? '' : ` up to ${max}`;
}

/** A value on one line of YAML. */
function yamlText(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return `[${value.map(yamlText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => `${key}: ${yamlText(inner)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return typeof value === 'string' && !/^[\w./+-][\w ./:+-]*$/.test(value)
    ? JSON.stringify(value)
    : String(value);
}
