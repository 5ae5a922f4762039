import type { ASTNode } from '@marcbachmann/cel-js';
import { UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { nearestName } from '../base/names.js';
import { FieldError } from '../config/fields.js';
import { mismatchMessage } from './arithmetic.js';
import { checkCall, checkConstants } from './check-call.js';
import { FUNCTIONS, findFunction } from './functions/index.js';
import { parseSyntax } from './syntax.js';
import { isMetaName, type MacroName, META, type Node } from './tree.js';
import { arithmeticType, isOrdered, typeOfNode } from './types.js';
import { TypeValue, Uint, type Value } from './values.js';

const MACROS: Readonly<Record<string, { readonly name: MacroName; readonly arguments: readonly number[] }>> =
  {
    all: { name: 'all', arguments: [2] },
    exists: { name: 'exists', arguments: [2] },
    exists_one: { name: 'exists_one', arguments: [2] },
    existsOne: { name: 'exists_one', arguments: [2] },
    map: { name: 'map', arguments: [2, 3] },
    filter: { name: 'filter', arguments: [2] },
  };
const TYPE_NAMES = ['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'];

/** A tree whose names are resolved and whose types are checked, and the top-level fields that it reads. */
export interface Tree {
  readonly root: Node;
  readonly names: ReadonlySet<string>;
  /** Macros in macros take time that grows with a power of the data's size. */
  readonly hasMacros: boolean;
}

/** Parses and checks an expression. Throws FieldError. */
export function parseTree(text: string): Tree {
  if (text.trim() === '') throw new FieldError('expected an expression, found nothing');
  const builder = new TreeBuilder(text);
  const root = builder.build(parseSyntax(text));
  return { root, names: builder.names, hasMacros: builder.hasMacros };
}

/** Resolves names and functions and checks what can be known without data. */
class TreeBuilder {
  readonly names = new Set<string>();
  hasMacros = false;
  readonly #text: string;
  readonly #scope: { readonly name: string; readonly slot: number }[] = [];
  #slots = 0;

  constructor(text: string) {
    this.#text = text;
  }

  build(ast: ASTNode): Node {
    const offset = ast.start;
    switch (ast.op) {
      case 'value':
        return { op: 'literal', offset, value: literal(ast.args, offset) };
      case 'id':
        return this.#name(ast.args, offset);
      case '.':
        return this.#select(ast.args[0], ast.args[1], offset);
      case '[]':
        return { op: 'index', offset, of: this.build(ast.args[0]), key: this.build(ast.args[1]) };
      case 'call':
        return this.#call(ast.args[0], undefined, ast.args[1], offset);
      case 'rcall':
        return this.#call(ast.args[0], ast.args[1], ast.args[2], offset);
      case 'list':
        return { op: 'list', offset, items: ast.args.map((item) => this.build(item)) };
      case 'map':
        return {
          op: 'map',
          offset,
          entries: ast.args.map(([key, value]) => [this.build(key), this.build(value)]),
        };
      case '?:': {
        const [condition, consequent, alternative] = ast.args;
        return {
          op: 'conditional',
          offset,
          condition: this.build(condition),
          consequent: this.build(consequent),
          alternative: this.build(alternative),
        };
      }
      case '!_':
      case '-_':
        return this.#unary(ast.op, ast.args, offset);
      case '.?':
      case '[?]':
        throw new FieldError('optional access is not needed: a missing field is null', offset);
      default:
        return this.#binary(ast);
    }
  }

  #name(name: string, offset: number): Node {
    const local = this.#scope.findLast((variable) => variable.name === name);
    if (local) return { op: 'local', offset, slot: local.slot };
    if (name === 'meta') {
      throw new FieldError(
        `meta needs a name: ${Object.keys(META)
          .map((key) => `meta.${key}`)
          .join(', ')}`,
        offset,
      );
    }
    this.names.add(name);
    return { op: 'field', offset, name };
  }

  #isMeta(ast: ASTNode): boolean {
    return ast.op === 'id' && ast.args === 'meta' && !this.#scope.some(({ name }) => name === 'meta');
  }

  #select(of: ASTNode, key: string, offset: number): Node {
    if (!this.#isMeta(of)) return { op: 'select', offset, of: this.build(of), key };
    if (isMetaName(key)) return { op: 'meta', offset, name: key };
    const nearest = nearestName(key, Object.keys(META));
    throw new FieldError(
      `there is no meta.${key}; there are ${Object.keys(META).join(', ')}`,
      this.#text.indexOf(key, of.end),
      nearest === undefined ? undefined : `meta.${nearest}`,
    );
  }

  #unary(op: '!_' | '-_', operand: ASTNode, offset: number): Node {
    if (op === '-_' && operand.op === 'value' && typeof operand.args === 'bigint') {
      return { op: 'literal', offset, value: literal(-operand.args, offset) };
    }
    const of = this.build(operand);
    const type = typeOfNode(of);
    const takes = op === '!_' ? ['bool', 'any'] : ['int', 'double', 'duration', 'any'];
    if (!takes.includes(type)) throw new FieldError(`${op[0]} does not take ${type}`, offset);
    if (op === '!_') return { op: 'not', offset, of };
    if (of.op === 'literal' && typeof of.value === 'number')
      return { op: 'literal', offset, value: -of.value };
    return { op: 'negate', offset, of };
  }

  #binary(ast: Extract<ASTNode, { args: [ASTNode, ASTNode] }>): Node {
    const offset = ast.start;
    const left = this.#operand(ast, 0);
    const right = this.#operand(ast, 1);
    switch (ast.op) {
      case '&&':
        return { op: 'and', offset, left, right };
      case '||':
        return { op: 'or', offset, left, right };
      case '==':
      case '!=':
        return { op: 'compare', offset, operator: ast.op, left, right };
      case '<':
      case '<=':
      case '>':
      case '>=': {
        const [a, b] = [typeOfNode(left), typeOfNode(right)];
        if (!isOrdered(a, b)) throw new FieldError(mismatchMessage(ast.op, a, b), offset);
        return { op: 'compare', offset, operator: ast.op, left, right };
      }
      case 'in': {
        const type = typeOfNode(right);
        if (!['list', 'map', 'any'].includes(type)) {
          throw new FieldError(`in takes a list or a map on its right, not ${type}`, right.offset);
        }
        return { op: 'in', offset, left, right };
      }
      case '+':
      case '-':
      case '*':
      case '/':
      case '%': {
        const [a, b] = [typeOfNode(left), typeOfNode(right)];
        if (arithmeticType(ast.op, a, b) === undefined)
          throw new FieldError(mismatchMessage(ast.op, a, b), offset);
        return { op: 'arithmetic', offset, operator: ast.op, left, right };
      }
      default:
        throw new FieldError(`${ast.op} is not supported`, offset);
    }
  }

  /** An operand; beside `type(x) ==` the name of a type is that type, elsewhere it is a field like any other. */
  #operand(ast: Extract<ASTNode, { args: [ASTNode, ASTNode] }>, side: 0 | 1): Node {
    const operand = ast.args[side];
    const other = ast.args[1 - side]!;
    const isTyped = (ast.op === '==' || ast.op === '!=') && other.op === 'call' && other.args[0] === 'type';
    if (isTyped && operand.op === 'id' && TYPE_NAMES.includes(operand.args)) {
      return { op: 'literal', offset: operand.start, value: new TypeValue(operand.args) };
    }
    return this.build(operand);
  }

  #call(name: string, receiver: ASTNode | undefined, args: readonly ASTNode[], offset: number): Node {
    const nameOffset = receiver ? this.#text.indexOf(name, receiver.end) : offset;
    if (receiver?.op === 'id' && receiver.args === 'cel' && name === 'bind')
      return this.#bind(args, nameOffset);
    if (!receiver && name === 'has') return this.#has(args, nameOffset);
    const macro = receiver && Object.hasOwn(MACROS, name) ? MACROS[name] : undefined;
    if (macro?.arguments.includes(args.length)) return this.#macro(macro.name, receiver!, args, offset);
    const definition = findFunction(name);
    if (!definition) {
      const known = [...FUNCTIONS.map((known) => known.name), ...Object.keys(MACROS), 'has'];
      throw new FieldError(`there is no function "${name}"`, nameOffset, nearestName(name, known));
    }
    const nodes = [...(receiver ? [receiver] : []), ...args].map((argument) => this.build(argument));
    checkCall(definition, receiver !== undefined, nodes, nameOffset);
    const node: Node = { op: 'call', offset: nameOffset, definition, args: nodes };
    checkConstants(node);
    return node;
  }

  #has(args: readonly ASTNode[], offset: number): Node {
    const [argument] = args;
    if (args.length !== 1 || argument?.op !== '.') {
      throw new FieldError(
        'has takes one member, as in has(user.name); of a field ask whether it is != null',
        offset,
      );
    }
    return { op: 'has', offset, of: this.build(argument.args[0]), key: argument.args[1] };
  }

  #macro(macro: MacroName, receiver: ASTNode, args: readonly ASTNode[], offset: number): Node {
    this.hasMacros = true;
    const range = this.build(receiver);
    const last = args.at(-1)!;
    return this.#withVariable(args[0]!, (slot) => {
      const hasCondition = macro !== 'map' || args.length === 3;
      const condition: Node = hasCondition ? this.build(args[1]!) : { op: 'literal', offset, value: true };
      const result = this.build(last);
      return { op: 'macro', offset, macro, range, slot, condition, result };
    });
  }

  #bind(args: readonly ASTNode[], offset: number): Node {
    if (args.length !== 3) throw new FieldError('expected cel.bind(name, value, expression)', offset);
    const value = this.build(args[1]!);
    return this.#withVariable(args[0]!, (slot) => ({
      op: 'bind',
      offset,
      slot,
      value,
      body: this.build(args[2]!),
    }));
  }

  #withVariable(variable: ASTNode, build: (slot: number) => Node): Node {
    if (variable.op !== 'id') throw new FieldError('expected the name of a variable', variable.start);
    const slot = this.#slots++;
    this.#scope.push({ name: variable.args, slot });
    const node = build(slot);
    this.#scope.pop();
    return node;
  }
}

function literal(value: unknown, offset: number): Value {
  if (value instanceof UnsignedInt) return new Uint(value.value);
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) {
    throw new FieldError('this integer does not fit 64 bits', offset);
  }
  return value as Value;
}
