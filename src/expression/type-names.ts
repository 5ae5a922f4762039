import type { BinaryOperator, Syntax } from './syntax/syntax.js';
import { TypeValue, typeOf, type Value } from './values.js';

/** Types whose names are no names of fields; a field that is called so stands in backticks. */
const ALWAYS = new Set([
  'bool',
  'int',
  'uint',
  'double',
  'null_type',
  'optional_type',
  'net.IP',
  'net.CIDR',
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
]);
/** Types whose names logs use for fields: types they are only where they are compared with one. */
const BESIDE_TYPES = new Set(['string', 'bytes', 'list', 'map', 'type']);

/** CEL's names of our types, where they differ. */
const CEL_NAMES: Readonly<Record<string, string>> = {
  null: 'null_type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  optional: 'optional_type',
  ip: 'net.IP',
  cidr: 'net.CIDR',
};

/** The type that a name always means, undefined when it may be a field. */
export function typeNamed(name: string): TypeValue | undefined {
  return ALWAYS.has(name) ? new TypeValue(name) : undefined;
}

/** The type that a name means beside another type. */
export function typeNameOf(name: string): TypeValue | undefined {
  return BESIDE_TYPES.has(name) ? new TypeValue(name) : typeNamed(name);
}

/** Whether what stands on the other side of `operator` is a type: a call of `type`. */
export function isComparedWithTypes(operator: BinaryOperator, other: Syntax): boolean {
  const isTyped = other.kind === 'call' && other.name === 'type' && !other.receiver;
  return isTyped && (operator === '==' || operator === '!=' || operator === 'in');
}

/** The type of a value, as a value. */
export function typeValueOf(value: Value): TypeValue {
  const name = typeOf(value);
  return new TypeValue(CEL_NAMES[name] ?? name);
}
