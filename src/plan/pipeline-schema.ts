import { type JsonSchema, schemaOfFields, schemaOfTyped, withInterpolation } from '../config/index.js';
import { commonFields } from './check-stage.js';
import { TOP_LEVEL } from './pipeline-fields.js';
import type { Catalogue, StageKind } from './pipeline-types.js';
import { TESTS_FIELD } from './tests/fields.js';

/** The JSON Schema (draft 2020-12) of a pipeline's file, for editors. */
export function pipelineSchema(catalogue: Catalogue): JsonSchema {
  const schema = schemaOfFields(TOP_LEVEL);
  const properties = { ...(schema.properties as Record<string, JsonSchema>) };
  for (const kind of ['source', 'transform', 'exchange', 'sink'] as const) {
    const section = `${kind}s` as const;
    properties[section] = { ...properties[section], ...schemaOfSection(kind, catalogue) };
  }
  return withInterpolation({ title: 'Millrace pipeline', ...schema, properties });
}

/** The JSON Schema of a file that holds nothing but tests. */
export function testFileSchema(): JsonSchema {
  return withInterpolation({ title: 'Tests of a Millrace pipeline', ...schemaOfFields([TESTS_FIELD]) });
}

/** A map from ids to stages; which keys a stage has depends on its type. */
function schemaOfSection(kind: StageKind, catalogue: Catalogue): JsonSchema {
  const definitions = [...catalogue[`${kind}s`].values()];
  const types = definitions.map(({ name, summary }) => ({ const: name, description: summary }));
  const branches = definitions.map(({ name, fields }) => ({
    if: { properties: { type: { const: name } }, required: ['type'] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: schemaOfTyped(name, commonFields(kind, catalogue), fields),
  }));
  const stage = {
    type: 'object',
    required: ['type'],
    properties: { type: { oneOf: types } },
    allOf: branches,
  };
  return {
    type: 'object',
    propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,63}$' },
    additionalProperties: stage,
  };
}
