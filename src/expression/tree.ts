import type { FunctionDefinition } from './functions/function.js';
import type { Value, ValueType } from './values.js';

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type MacroName = 'all' | 'exists' | 'exists_one' | 'map' | 'filter';

/** A syntax tree whose names are resolved. `offset` is the node's place in the expression's text. */
export type Node =
  | { readonly op: 'literal'; readonly offset: number; readonly value: Value }
  | { readonly op: 'field'; readonly offset: number; readonly name: string }
  | { readonly op: 'meta'; readonly offset: number; readonly name: MetaName }
  /** A variable of a macro, by the slot that it has in the interpreter. */
  | { readonly op: 'local'; readonly offset: number; readonly slot: number }
  | { readonly op: 'select'; readonly offset: number; readonly of: Node; readonly key: string }
  | { readonly op: 'index'; readonly offset: number; readonly of: Node; readonly key: Node }
  | { readonly op: 'has'; readonly offset: number; readonly of: Node; readonly key: string }
  | {
      readonly op: 'call';
      readonly offset: number;
      readonly definition: FunctionDefinition;
      /** The receiver is the first. */
      readonly args: readonly Node[];
    }
  | {
      readonly op: 'arithmetic';
      readonly offset: number;
      readonly operator: ArithmeticOperator;
      readonly left: Node;
      readonly right: Node;
    }
  | {
      readonly op: 'compare';
      readonly offset: number;
      readonly operator: ComparisonOperator;
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly op: 'in'; readonly offset: number; readonly left: Node; readonly right: Node }
  | { readonly op: 'and' | 'or'; readonly offset: number; readonly left: Node; readonly right: Node }
  | { readonly op: 'not'; readonly offset: number; readonly of: Node }
  | { readonly op: 'negate'; readonly offset: number; readonly of: Node }
  | {
      readonly op: 'conditional';
      readonly offset: number;
      readonly condition: Node;
      readonly consequent: Node;
      readonly alternative: Node;
    }
  | { readonly op: 'list'; readonly offset: number; readonly items: readonly Node[] }
  | { readonly op: 'map'; readonly offset: number; readonly entries: readonly (readonly [Node, Node])[] }
  | {
      readonly op: 'macro';
      readonly offset: number;
      readonly macro: MacroName;
      readonly range: Node;
      readonly slot: number;
      /** The condition; true for a `map` without one. */
      readonly condition: Node;
      /** What `map` gives. */
      readonly result: Node;
    }
  | {
      readonly op: 'bind';
      readonly offset: number;
      readonly slot: number;
      readonly value: Node;
      readonly body: Node;
    };

/** What `meta.` reaches, and the type it has. */
export const META = {
  source: { type: 'string', kind: 'text', summary: 'the id of the source that read the record' },
  file: { type: 'string', kind: 'text', summary: 'the file, or other partition, that it came from' },
  offset: { type: 'int', kind: 'int', summary: 'its position there, in bytes for a file' },
  timestamp: { type: 'timestamp', kind: 'timestamp', summary: 'when it was read' },
} as const satisfies Record<string, { type: ValueType; kind: string; summary: string }>;
export type MetaName = keyof typeof META;

export function isMetaName(name: string): name is MetaName {
  return Object.hasOwn(META, name);
}

/** Whether a node's value is the same for every record. */
export function isConstant(node: Node): boolean {
  switch (node.op) {
    case 'literal':
      return true;
    case 'call':
      return node.args.every(isConstant);
    case 'arithmetic':
    case 'compare':
    case 'in':
      return isConstant(node.left) && isConstant(node.right);
    case 'not':
    case 'negate':
      return isConstant(node.of);
    case 'list':
      return node.items.every(isConstant);
    default:
      return false;
  }
}
