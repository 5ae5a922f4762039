export { addUnknownKey, type CheckedAt, checkFields, checkValue } from './check.js';
export { describe, expectation } from './check-scalar.js';
export { defaultsOf, shownDefault } from './defaults.js';
export { parseEnvFile } from './env-file.js';
export { type Field, FieldError, type FieldType, type Finding, type Variant } from './fields.js';
export { type Outside, readSmallFile } from './interpolate.js';
export {
  type JsonSchema,
  schemaOfFields,
  schemaOfType,
  schemaOfTyped,
  withInterpolation,
} from './json-schema.js';
export { childPath, entryOf, type MapEntry, type MapNode, type Node, quote } from './node.js';
export { applyOverrides } from './overrides.js';
export { formatProblem, lineAndColumn, type Place, type Problem, Problems, sourceOf } from './problem.js';
export { MAX_CONFIG_BYTES, placeInside, readYaml } from './read.js';
