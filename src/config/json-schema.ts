import { shownDefault } from './defaults.js';
import type { Field, FieldType, Variant } from './fields.js';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Record<string, unknown>;

/** The definition that schemas of values other than text refer to; it belongs into the `$defs` of the whole. */
const INTERPOLATION = { $ref: '#/$defs/interpolation' };

/** A whole schema, with the definition of `${…}` that its parts refer to. */
export function withInterpolation(schema: JsonSchema): JsonSchema {
  const interpolation = {
    type: 'string',
    pattern: '\\$\\{',
    description: 'filled in from the environment or a file',
  };
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema, $defs: { interpolation } };
}

/** The schema of a map with these fields and no other keys. */
export function schemaOfFields(fields: readonly Field[]): JsonSchema {
  const properties = Object.fromEntries(fields.map((field) => [field.name, schemaOfField(field)]));
  const required = fields.filter((field) => field.required).map((field) => field.name);
  return {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function schemaOfField(field: Field): JsonSchema {
  const fallback = shownDefault(field);
  return {
    description: field.summary,
    ...schemaOfType(field.type),
    ...(fallback !== undefined && { default: fallback }),
    ...(field.example !== undefined && { examples: [field.example] }),
  };
}

export function schemaOfType(type: FieldType): JsonSchema {
  switch (type.kind) {
    case 'any':
      return {};
    case 'list':
      return {
        type: 'array',
        items: schemaOfType(type.items),
        ...(type.minItems && { minItems: type.minItems }),
      };
    case 'map':
      return { type: 'object', additionalProperties: schemaOfType(type.values) };
    case 'object':
      return schemaOfFields(type.fields);
    case 'variant':
      return schemaOfVariants(type.variants());
    case 'either':
      return { anyOf: type.types.map(schemaOfType) };
    case 'secret':
      return { type: ['string', 'number'] };
    case 'string':
      // Where text is parsed, `where: true` and `set: {n: 1}` need no quotes.
      return { type: type.parse ? ['string', 'number', 'boolean'] : 'string' };
    default:
      return { anyOf: [schemaOfScalar(type), INTERPOLATION] };
  }
}

function schemaOfScalar(
  type: Extract<FieldType, { kind: 'boolean' | 'integer' | 'number' | 'size' | 'duration' | 'enum' }>,
): JsonSchema {
  switch (type.kind) {
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
    case 'number':
      return { type: type.kind, ...limits(type) };
    case 'size':
      return {
        anyOf: [
          { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?\\s*([KMGT]i?)?B$|^[0-9]+$' },
          { type: 'integer', ...limits({ min: 0, ...type }) },
        ],
      };
    case 'duration':
      return { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?\\s*(ms|s|m|h|d)$' };
    case 'enum':
      return { enum: type.values };
  }
}

function limits({ min, max }: { min?: number; max?: number }): JsonSchema {
  return { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) };
}

/** A bare word, where a variant needs no more, or a map with `type`. */
function schemaOfVariants(variants: readonly Variant[]): JsonSchema {
  const bare = variants.filter(({ fields }) => !fields.some((field) => field.required));
  const words = bare.map(({ name, summary }) => ({ const: name, description: summary }));
  return { anyOf: [...words, ...variants.map(schemaOfVariant), INTERPOLATION] };
}

function schemaOfVariant({ name, summary, fields }: Variant): JsonSchema {
  return { description: summary, ...schemaOfTyped(name, [], fields) };
}

/** A map whose `type` is `name`, with these keys and no others. */
export function schemaOfTyped(name: string, common: readonly Field[], fields: readonly Field[]): JsonSchema {
  const schema = schemaOfFields([...common, ...fields]);
  const required = ['type', ...((schema.required as string[] | undefined) ?? [])];
  return { ...schema, properties: { type: { const: name }, ...(schema.properties as object) }, required };
}
