import { calculate, mismatchMessage, negate } from './arithmetic.js';
import { type FunctionDefinition, signatureOf } from './functions/function.js';
import type { ComparisonOperator, MacroName, MetaName, Node } from './tree.js';
import {
  CelMap,
  compareValues,
  equalValues,
  Failure,
  isList,
  numberOf,
  typeOf,
  type Value,
  type ValueType,
} from './values.js';

/** One record, as the row interpreter sees it. */
export interface RecordScope {
  /** The value of a field, undefined where the record has no such field. */
  field(name: string): Value | undefined;
  meta(name: MetaName): Value;
  /** The variables of macros, by slot. */
  readonly locals: Value[];
}

/** A node made ready to be evaluated for single records. */
export type RowFunction = (scope: RecordScope) => Value;

/**
 * Makes a closure that evaluates a node for one record: CEL's semantics in full, and what kernels leave to it. A
 * missing field is null, and so is a member of null: records differ in what they hold.
 */
export function compileRow(node: Node): RowFunction {
  switch (node.op) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'field': {
      const { name } = node;
      return (scope) => scope.field(name) ?? null;
    }
    case 'meta': {
      const { name } = node;
      return (scope) => scope.meta(name);
    }
    case 'local': {
      const { slot } = node;
      return (scope) => scope.locals[slot]!;
    }
    case 'select':
      return strict1(node.of, (value) => memberOf(value, node.key));
    case 'index':
      return strict2(node.of, node.key, indexed);
    case 'has':
      return strict1(node.of, (value) => hasMember(value, node.key));
    case 'call':
      return call(node.definition, node.args);
    case 'arithmetic':
      return strict2(node.left, node.right, (a, b) => calculate(node.operator, a, b));
    case 'compare':
      return strict2(node.left, node.right, (a, b) => compare(node.operator, a, b));
    case 'in':
      return strict2(node.left, node.right, isIn);
    case 'negate':
      return strict1(node.of, negate);
    case 'not':
      return strict1(node.of, (value) => (typeof value === 'boolean' ? !value : notBool('!', value)));
    case 'and':
    case 'or':
      return logic(node.op === 'or', compileRow(node.left), compileRow(node.right));
    case 'conditional':
      return conditional(node);
    case 'list':
      return list(node.items.map(compileRow));
    case 'map':
      return map(node.entries.map(([key, value]) => [compileRow(key), compileRow(value)]));
    case 'macro':
      return macro(node);
    case 'bind':
      return bind(node);
  }
}

function bind(node: Extract<Node, { op: 'bind' }>): RowFunction {
  const value = compileRow(node.value);
  const body = compileRow(node.body);
  return (scope) => {
    scope.locals[node.slot] = value(scope);
    return body(scope);
  };
}

function strict1(node: Node, apply: (value: Value) => Value): RowFunction {
  const operand = compileRow(node);
  return (scope) => {
    const value = operand(scope);
    return value instanceof Failure ? value : apply(value);
  };
}

function strict2(left: Node, right: Node, apply: (a: Value, b: Value) => Value): RowFunction {
  const first = compileRow(left);
  const second = compileRow(right);
  return (scope) => {
    const a = first(scope);
    if (a instanceof Failure) return a;
    const b = second(scope);
    return b instanceof Failure ? b : apply(a, b);
  };
}

function memberOf(value: Value, key: string): Value {
  if (value === null) return null;
  if (!(value instanceof CelMap)) return new Failure(`no member "${key}" in ${typeOf(value)}`);
  const member = value.get(key);
  if (member !== undefined) return member;
  return value.isRecord ? null : new Failure(`no such key: "${key}"`);
}

function hasMember(value: Value, key: string): Value {
  if (value === null) return false;
  return value instanceof CelMap ? value.has(key) : new Failure(`no member "${key}" in ${typeOf(value)}`);
}

function indexed(value: Value, key: Value): Value {
  if (value === null) return null;
  if (isList(value)) {
    const number = numberOf(key);
    const index = Number(number);
    if (number === undefined || !Number.isInteger(index)) {
      return new Failure(`a list is indexed by int, not by ${typeOf(key)}`);
    }
    return (
      value[index] ?? (index in value ? null : new Failure(`no item ${index} in a list of ${value.length}`))
    );
  }
  if (!(value instanceof CelMap))
    return new Failure(`${typeOf(value)} has no [] (only lists and objects have)`);
  const member = value.get(key);
  if (member !== undefined) return member;
  return value.isRecord && typeof key === 'string' ? null : new Failure('no such key');
}

/** An order of null and anything is false, since a record may lack the field; equality knows no errors. */
function compare(operator: ComparisonOperator, a: Value, b: Value): Value {
  if (operator === '==') return equalValues(a, b);
  if (operator === '!=') return !equalValues(a, b);
  if (a === null || b === null) return false;
  const order = compareValues(a, b);
  if (order === undefined) return new Failure(mismatchMessage(operator, typeOf(a), typeOf(b)));
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

/** Nothing is in a list that the record lacks. */
function isIn(a: Value, b: Value): Value {
  if (b === null) return false;
  if (isList(b)) return b.some((item) => equalValues(a, item));
  return b instanceof CelMap ? b.has(a) : new Failure(`in does not take ${typeOf(b)} on its right`);
}

function notBool(operator: string, value: Value): Failure {
  return new Failure(`${operator} takes bools, not ${typeOf(value)}`);
}

/** `&&` and `||`: an error on one side is forgotten when the other side decides. */
function logic(deciding: boolean, left: RowFunction, right: RowFunction): RowFunction {
  const operator = deciding ? '||' : '&&';
  return (scope) => {
    const a = left(scope);
    if (a === deciding) return deciding;
    const b = right(scope);
    if (b === deciding) return deciding;
    if (a instanceof Failure) return a;
    if (typeof a !== 'boolean') return notBool(operator, a);
    return b instanceof Failure || typeof b === 'boolean' ? b : notBool(operator, b);
  };
}

function conditional(node: Extract<Node, { op: 'conditional' }>): RowFunction {
  const condition = compileRow(node.condition);
  const consequent = compileRow(node.consequent);
  const alternative = compileRow(node.alternative);
  return (scope) => {
    const truth = condition(scope);
    if (truth === true) return consequent(scope);
    if (truth === false) return alternative(scope);
    return truth instanceof Failure ? truth : notBool('?:', truth);
  };
}

function list(items: readonly RowFunction[]): RowFunction {
  return (scope) => {
    const values: Value[] = [];
    for (const item of items) {
      const value = item(scope);
      if (value instanceof Failure) return value;
      values.push(value);
    }
    return values;
  };
}

function map(entries: readonly (readonly [RowFunction, RowFunction])[]): RowFunction {
  return (scope) => {
    const result = new CelMap();
    for (const [keyOf, memberOf] of entries) {
      const key = keyOf(scope);
      if (key instanceof Failure) return key;
      const value = memberOf(scope);
      if (value instanceof Failure) return value;
      if (result.has(key)) return new Failure('a key stands twice in a map');
      if (typeof key === 'number' || !result.set(key, value))
        return new Failure(`${typeOf(key)} is no key of a map`);
    }
    return result;
  };
}

function call(definition: FunctionDefinition, args: readonly Node[]): RowFunction {
  const functions = args.map(compileRow);
  return (scope) => {
    const values: Value[] = [];
    for (const argument of functions) {
      const value = argument(scope);
      if (value instanceof Failure) return value;
      values.push(value);
    }
    return callFunction(definition, values);
  };
}

/** Calls the overload that takes values of these types. */
export function callFunction(definition: FunctionDefinition, values: readonly Value[]): Value {
  const overload = definition.overloads.find(
    ({ parameters }) =>
      parameters.length === values.length &&
      parameters.every((type, index) => type === 'any' || type === typeOf(values[index]!)),
  );
  if (overload) return overload.call(values);
  return new Failure(callMismatch(definition, overloadStyle(definition, values.length), values.map(typeOf)));
}

/** Says which types a function takes, and which it got. */
export function callMismatch(
  definition: FunctionDefinition,
  isMethod: boolean,
  types: readonly ValueType[],
): string {
  const signatures = definition.overloads
    .filter((overload) => overload.isMethod === isMethod && overload.parameters.length === types.length)
    .map((overload) => signatureOf(definition.name, overload));
  const found = signatureOf(definition.name, { isMethod, parameters: types });
  return `expected ${[...new Set(signatures)].join(' or ')}, found ${found}`;
}

/** Whether calls with so many arguments are written as methods. */
function overloadStyle(definition: FunctionDefinition, count: number): boolean {
  return definition.overloads.every(({ isMethod, parameters }) => isMethod || parameters.length !== count);
}

function macro(node: Extract<Node, { op: 'macro' }>): RowFunction {
  const range = compileRow(node.range);
  const condition = compileRow(node.condition);
  const result = compileRow(node.result);
  return (scope) => {
    const over = range(scope);
    if (over instanceof Failure) return over;
    const items = over instanceof CelMap ? over.keys() : over;
    if (!isList(items)) return new Failure(`${node.macro} does not take ${typeOf(items)}`);
    const truths = (item: Value): Value => {
      scope.locals[node.slot] = item;
      const truth = condition(scope);
      return typeof truth === 'boolean' || truth instanceof Failure ? truth : notBool(node.macro, truth);
    };
    if (node.macro === 'map' || node.macro === 'filter') {
      return collect(items, truths, node.macro === 'map' ? () => result(scope) : (item) => item);
    }
    return quantify(node.macro, items, truths);
  };
}

function collect(
  items: readonly Value[],
  truths: (item: Value) => Value,
  give: (item: Value) => Value,
): Value {
  const results: Value[] = [];
  for (const item of items) {
    const truth = truths(item);
    if (truth instanceof Failure) return truth;
    if (truth !== true) continue;
    const value = give(item);
    if (value instanceof Failure) return value;
    results.push(value);
  }
  return results;
}

/** `all` and `exists` absorb errors as `&&` and `||` do; `exists_one` looks at every item and does not. */
function quantify(name: MacroName, items: readonly Value[], truths: (item: Value) => Value): Value {
  let failure: Failure | undefined;
  let count = 0;
  for (const item of items) {
    const truth = truths(item);
    if (truth instanceof Failure) failure ??= truth;
    else if (truth === true) count++;
    if (name === 'all' && truth === false) return false;
    if (name === 'exists' && truth === true) return true;
  }
  if (failure) return failure;
  return name === 'exists_one' ? count === 1 : name === 'all';
}

const nowhere: RecordScope = {
  field: () => new Failure('a constant has no fields'),
  meta: () => new Failure('a constant has no meta'),
  locals: [],
};

/** The value of a node that is the same for every record. */
export function valueOfConstant(node: Node): Value {
  return compileRow(node)(nowhere);
}
