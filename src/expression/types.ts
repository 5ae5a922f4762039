import type { FieldKind } from '../batch/index.js';
import { takesCount } from './functions/function.js';
import { type ArithmeticOperator, type MacroName, META, type Node } from './tree.js';
import { typeOf, type ValueType } from './values.js';

const NUMERIC: readonly ValueType[] = ['int', 'uint', 'double'];
const ORDERED: readonly ValueType[] = ['bool', 'string', 'bytes', 'timestamp', 'duration'];
const ADDED: readonly ValueType[] = ['string', 'bytes', 'list'];

const MACRO_TYPES: Readonly<Record<MacroName, ValueType>> = {
  all: 'bool',
  exists: 'bool',
  exists_one: 'bool',
  map: 'list',
  filter: 'list',
  transformMap: 'map',
  transformMapEntry: 'map',
};

/** The type that a node's value has when it has one: `any` when only data tells. */
export function typeOfNode(node: Node): ValueType {
  switch (node.op) {
    case 'literal':
      return typeOf(node.value);
    case 'meta':
      return META[node.name].type;
    case 'has':
    case 'compare':
    case 'in':
    case 'and':
    case 'or':
    case 'not':
      return 'bool';
    case 'list':
      return 'list';
    case 'map':
      return 'map';
    case 'negate':
      return typeOfNode(node.of);
    case 'arithmetic':
      return arithmeticType(node.operator, typeOfNode(node.left), typeOfNode(node.right)) ?? 'any';
    case 'conditional': {
      const consequent = typeOfNode(node.consequent);
      return consequent === typeOfNode(node.alternative) ? consequent : 'any';
    }
    case 'macro':
      return MACRO_TYPES[node.macro];
    case 'select':
    case 'index':
      return node.isOptional ? 'optional' : 'any';
    case 'mapOptional':
      return 'optional';
    case 'orOptional':
      return node.givesValue ? 'any' : 'optional';
    case 'bind':
      return typeOfNode(node.body);
    case 'call':
      return callType(node);
    default:
      return 'any';
  }
}

function callType(node: Extract<Node, { op: 'call' }>): ValueType {
  const results = new Set(
    node.definition.overloads
      .filter((overload) => takesCount(overload, node.args.length))
      .map(({ result }) => result),
  );
  const [result] = results;
  return result !== undefined && results.size === 1 ? result : 'any';
}

/** The type of what an operator gives, `any` where only data tells, undefined where it does not take these types. */
export function arithmeticType(
  operator: ArithmeticOperator,
  left: ValueType,
  right: ValueType,
): ValueType | undefined {
  if (left === 'any' && right === 'any') return 'any';
  if (left === 'any' || right === 'any') {
    const known = left === 'any' ? right : left;
    if (NUMERIC.includes(known)) return known;
    if (operator === '+' && ADDED.includes(known)) return known;
    return (operator === '+' || operator === '-') && isTime(known) ? 'any' : undefined;
  }
  if (left === right && NUMERIC.includes(left))
    return left === 'double' && operator === '%' ? undefined : left;
  if (operator === '+' && left === right && ADDED.includes(left)) return left;
  if (operator === '+') return timeSum(left, right);
  return operator === '-' ? timeDifference(left, right) : undefined;
}

function isTime(type: ValueType): boolean {
  return type === 'timestamp' || type === 'duration';
}

function timeSum(left: ValueType, right: ValueType): ValueType | undefined {
  if (left === 'duration' && right === 'duration') return 'duration';
  return isTime(left) && isTime(right) && left !== right ? 'timestamp' : undefined;
}

function timeDifference(left: ValueType, right: ValueType): ValueType | undefined {
  if (!isTime(left) || !isTime(right)) return undefined;
  if (right === 'duration') return left;
  return left === 'timestamp' ? 'duration' : undefined;
}

/** Whether values of these types may have an order. */
export function isOrdered(left: ValueType, right: ValueType): boolean {
  if (left === 'null' || right === 'null') return true;
  if (left === 'any' || right === 'any') {
    const known = left === 'any' ? right : left;
    return known === 'any' || NUMERIC.includes(known) || ORDERED.includes(known);
  }
  return left === right ? NUMERIC.includes(left) || ORDERED.includes(left) : bothNumeric(left, right);
}

function bothNumeric(left: ValueType, right: ValueType): boolean {
  return NUMERIC.includes(left) && NUMERIC.includes(right);
}

/** The kind of column that values of a type are written into. */
export function kindOf(type: ValueType): FieldKind {
  switch (type) {
    case 'bool':
    case 'double':
    case 'timestamp':
      return type;
    case 'int':
    case 'uint':
      return 'int';
    case 'string':
    case 'bytes':
    case 'duration':
    case 'type':
    case 'ip':
    case 'cidr':
      return 'text';
    default:
      return 'any';
  }
}
