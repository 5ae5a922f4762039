import { calculate, negate } from './arithmetic.js';
import { macroFunction } from './comprehension.js';
import { listFunction, mapFunction } from './containers.js';
import { callFunction } from './functions/call.js';
import type { FunctionDefinition } from './functions/function.js';
import { bind, coalesce, mapOptional, orOptional } from './optionals.js';
import type { RecordScope, RowFunction } from './row-function.js';
import { isConstant, type Node } from './tree.js';
import {
  compare,
  hasMember,
  indexed,
  isIn,
  memberOf,
  optionalIndexed,
  optionalMemberOf,
} from './value-operations.js';
import { Failure, typeOf, type Value } from './values.js';

/**
 * Makes a closure that evaluates a node for one record: CEL's semantics in full, and what kernels leave to it. A
 * missing field is null, and so is a member of null: records differ in what they hold.
 */
export function compileRow(node: Node): RowFunction {
  if (node.op === 'literal' || !isConstant(node)) return compileNode(node);
  const value = valueOfConstant(node);
  return () => value;
}

function compileNode(node: Node): RowFunction {
  switch (node.op) {
    case 'literal':
    case 'field':
    case 'meta':
    case 'local':
      return leaf(node);
    case 'select':
      return strict1(node.of, (value) => (node.isOptional ? optionalMemberOf : memberOf)(value, node.key));
    case 'index':
      return strict2(node.of, node.key, node.isOptional ? optionalIndexed : indexed);
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
    case 'map':
    case 'macro':
      return several(node);
    case 'bind':
      return bind(node.slot, compileRow(node.value), compileRow(node.body));
    case 'mapOptional':
      return mapOptional(node.slot, compileRow(node.of), compileRow(node.body), node.isFlat);
    case 'orOptional':
      return orOptional(compileRow(node.of), compileRow(node.alternative), node.givesValue);
    case 'coalesce':
      return coalesce(node.items.map(compileRow));
  }
}

/** Nodes with any number of values. */
function several(node: Extract<Node, { op: 'list' | 'map' | 'macro' }>): RowFunction {
  switch (node.op) {
    case 'list':
      return listFunction(
        node.items.map(({ isOptional, value }) => ({ isOptional, value: compileRow(value) })),
      );
    case 'map':
      return mapFunction(
        node.entries.map(({ isOptional, key, value }) => ({
          isOptional,
          key: compileRow(key),
          value: compileRow(value),
        })),
      );
    case 'macro':
      return macroFunction({
        macro: node.macro,
        slots: node.slots,
        range: compileRow(node.range),
        condition: compileRow(node.condition),
        result: compileRow(node.result),
      });
  }
}

function leaf(node: Extract<Node, { op: 'literal' | 'field' | 'meta' | 'local' }>): RowFunction {
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
  }
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

function call(definition: FunctionDefinition, args: readonly Node[]): RowFunction {
  const functions = args.map(compileRow);
  return (scope) => {
    const values: Value[] = [];
    for (const argument of functions) {
      const value = argument(scope);
      if (value instanceof Failure) return value;
      values.push(value);
    }
    return callFunction(definition, values, scope);
  };
}

const nowhere: RecordScope = {
  field: () => new Failure('a constant has no fields'),
  meta: () => new Failure('a constant has no meta'),
  locals: [],
};

/** The value of a node that is the same for every record. */
export function valueOfConstant(node: Node): Value {
  return compileNode(node)(nowhere);
}
