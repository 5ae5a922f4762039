import { valueOfConstant } from '../interpreter.js';
import { type ComparisonOperator, isConstant, isPlaceName, type Node } from '../tree.js';
import { isList, Timestamp, Uint } from '../values.js';
import { ArithmeticKernel } from './arithmetic.js';
import { CompareKernel } from './compare.js';
import { constantKernel, exactMicros, exactNumber, MetaKernel } from './constant.js';
import { EqualTextKernel } from './equal-text.js';
import { InConstantsKernel } from './in-constants.js';
import { HardKernel, type Kernel } from './kernel.js';
import { AndKernel, ConditionalKernel, NotKernel, OrKernel } from './logic.js';
import { MapKernel } from './map-rows.js';
import { matchesKernel } from './matches.js';
import { extend, HasKernel, PathKernel, pathOf } from './path.js';
import { RangeKernel } from './range.js';
import { type TextTest, TextTestKernel } from './text-test.js';

const MIRRORED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!=' } as const;
/** A field is compared with so many texts one after the other, which reads its JSON as it stands. */
const MAX_EQUALITIES = 4;
const TEXT_TESTS = new Set<string>(['startsWith', 'endsWith', 'contains'] satisfies TextTest[]);

/** The kernel of a node; nodes that no kernel covers are left to the interpreter. */
export function compileKernel(node: Node): Kernel {
  const path = pathOf(node);
  if (path) return new PathKernel(path);
  if (isConstant(node)) return constantKernel(valueOfConstant(node));
  switch (node.op) {
    case 'meta':
      return isPlaceName(node.name) ? new MetaKernel(node.name) : new HardKernel();
    case 'has': {
      const member = extend(pathOf(node.of), node.key);
      return member ? new HasKernel(member) : new HardKernel();
    }
    case 'and':
      return new AndKernel(compileKernel(node.left), compileKernel(node.right));
    case 'or':
      return new OrKernel(compileKernel(node.left), compileKernel(node.right));
    case 'not':
      return new NotKernel(compileKernel(node.of));
    case 'conditional':
      return new ConditionalKernel(
        compileKernel(node.condition),
        compileKernel(node.consequent),
        compileKernel(node.alternative),
      );
    case 'compare':
      return compileComparison(node);
    case 'arithmetic':
      return new ArithmeticKernel(node.operator, compileKernel(node.left), compileKernel(node.right));
    case 'negate':
      return new MapKernel('-', compileKernel(node.of));
    case 'in':
      return compileIn(node.left, node.right);
    case 'call':
      return compileCall(node);
    default:
      return new HardKernel();
  }
}

function compileComparison(node: Extract<Node, { op: 'compare' }>): Kernel {
  const isMirrored = isConstant(node.left) && !isConstant(node.right);
  const left = isMirrored ? node.right : node.left;
  const right = isMirrored ? node.left : node.right;
  const operator = isMirrored ? MIRRORED[node.operator] : node.operator;
  if (operator === '!=') return new NotKernel(compareWith('==', left, right));
  return compareWith(operator, left, right);
}

function compareWith(operator: Exclude<ComparisonOperator, '!='>, left: Node, right: Node): Kernel {
  const operand = compileKernel(left);
  if (isConstant(right)) {
    const constant = valueOfConstant(right);
    if (operator === '==' && typeof constant === 'string') return new EqualTextKernel(operand, constant);
    if (constant instanceof Timestamp) {
      const micros = exactMicros(constant);
      if (micros !== undefined) return new RangeKernel(operator, operand, micros, true);
    }
    const number = exactNumber(constant instanceof Uint ? constant.value : constant);
    if (number !== undefined && !Number.isNaN(number))
      return new RangeKernel(operator, operand, number, false);
  }
  return new CompareKernel(operator, operand, compileKernel(right));
}

function compileIn(left: Node, right: Node): Kernel {
  const items = isConstant(right) ? valueOfConstant(right) : undefined;
  if (items === undefined || !isList(items)) return new HardKernel();
  const texts: string[] = [];
  const numbers: number[] = [];
  for (const item of items) {
    const number = exactNumber(item instanceof Uint ? item.value : item);
    if (typeof item === 'string') texts.push(item);
    else if (number !== undefined && !Number.isNaN(number)) numbers.push(number);
  }
  if (texts.length + numbers.length < items.length) return new HardKernel();
  const operand = compileKernel(left);
  const isFewTexts = numbers.length === 0 && texts.length > 0 && texts.length <= MAX_EQUALITIES;
  if (operand instanceof PathKernel && isFewTexts) {
    return texts
      .map((text): Kernel => new EqualTextKernel(operand, text))
      .reduce((a, b) => new OrKernel(a, b));
  }
  return new InConstantsKernel(operand, texts, numbers);
}

function compileCall(node: Extract<Node, { op: 'call' }>): Kernel {
  const { name } = node.definition;
  const [first, second, ...more] = node.args;
  if (first && !second && MapKernel.covers(name)) {
    return new MapKernel(name, compileKernel(first));
  }
  if (first && second && more.length === 0 && isConstant(second)) {
    const text = valueOfConstant(second);
    if (typeof text !== 'string') return new HardKernel();
    if (TEXT_TESTS.has(name)) return new TextTestKernel(name as TextTest, compileKernel(first), text);
    if (name === 'matches') return matchesKernel(compileKernel(first), text);
  }
  return new HardKernel();
}
