import type { FunctionDefinition } from './functions/function.js';
import type { Value, ValueType } from './values.js';

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type MacroName =
  | 'all'
  | 'exists'
  | 'exists_one'
  | 'map'
  | 'filter'
  | 'transformMap'
  | 'transformMapEntry';

/** A syntax tree whose names are resolved. `offset` is the node's place in the expression's text. */
export type Node =
  | { readonly op: 'literal'; readonly offset: number; readonly value: Value }
  | { readonly op: 'field'; readonly offset: number; readonly name: string }
  | { readonly op: 'meta'; readonly offset: number; readonly name: MetaName }
  /** A variable of a macro, by the slot that it has in the interpreter. */
  | { readonly op: 'local'; readonly offset: number; readonly slot: number }
  | {
      readonly op: 'select';
      readonly offset: number;
      readonly of: Node;
      readonly key: string;
      /** `of.?key`: an optional, empty where there is no such member. */
      readonly isOptional: boolean;
    }
  | {
      readonly op: 'index';
      readonly offset: number;
      readonly of: Node;
      readonly key: Node;
      readonly isOptional: boolean;
    }
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
  | { readonly op: 'list'; readonly offset: number; readonly items: readonly ItemNode[] }
  | { readonly op: 'map'; readonly offset: number; readonly entries: readonly EntryNode[] }
  | {
      readonly op: 'macro';
      readonly offset: number;
      readonly macro: MacroName;
      readonly range: Node;
      /** Of the variable; of two, that of the index or key comes first. */
      readonly slots: readonly [number] | readonly [number, number];
      /** The condition; true for a `map` without one. */
      readonly condition: Node;
      /** What `map` and its like give. */
      readonly result: Node;
    }
  | {
      readonly op: 'bind';
      readonly offset: number;
      readonly slot: number;
      readonly value: Node;
      readonly body: Node;
    }
  /** `optMap` and `optFlatMap`: the body's value for what an optional holds. */
  | {
      readonly op: 'mapOptional';
      readonly offset: number;
      readonly of: Node;
      readonly slot: number;
      readonly body: Node;
      /** Whether the body gives an optional itself. */
      readonly isFlat: boolean;
    }
  /** `or` and `orValue` of optionals; the alternative is not evaluated where the optional holds something. */
  | {
      readonly op: 'orOptional';
      readonly offset: number;
      readonly of: Node;
      readonly alternative: Node;
      readonly givesValue: boolean;
    }
  /** The first of these that is not null. */
  | { readonly op: 'coalesce'; readonly offset: number; readonly items: readonly Node[] };

/** An item of a list; an optional one is left out when it is empty. */
export interface ItemNode {
  readonly isOptional: boolean;
  readonly value: Node;
}

export interface EntryNode extends ItemNode {
  readonly key: Node;
}

/** Given by sources that read messages; null for records of others. */
function ofMessage(summary: string) {
  return { type: 'any', kind: 'any', isOfMessage: true, summary } as const;
}

/** What `meta.` reaches, and the type it has. */
export const META = {
  source: { type: 'string', kind: 'text', summary: 'the id of the source that read the record' },
  file: { type: 'string', kind: 'text', summary: 'the file, or other partition, that it came from' },
  offset: { type: 'int', kind: 'int', summary: 'its position there, in bytes for a file' },
  id: {
    type: 'string',
    kind: 'text',
    summary: 'all three as one text, the same in every run; records made of one that was read share it',
  },
  timestamp: { type: 'timestamp', kind: 'timestamp', summary: 'when it was read' },
  headers: ofMessage('the headers of a message: a map of texts'),
  key: ofMessage('the key of a Kafka message'),
  topic: ofMessage('the topic of a Kafka message'),
  partition: ofMessage('the number of its partition'),
  time: ofMessage('when a message was sent, in RFC 3339, where its sender says so'),
  exchange: ofMessage('the exchange to which an AMQP message was published'),
  routing_key: ofMessage('the routing key of an AMQP message'),
  redelivered: ofMessage('whether the broker has delivered an AMQP message before'),
  properties: ofMessage('the properties of an AMQP message: a map'),
  method: ofMessage('the method of an HTTP request'),
  path: ofMessage('the path of an HTTP request'),
  query: ofMessage('the query of an HTTP request: a map of texts'),
  address: ofMessage('the address from which an HTTP request came'),
} as const satisfies Record<string, { type: ValueType; kind: string; summary: string; isOfMessage?: true }>;
export type MetaName = keyof typeof META;
/** What the runtime knows of every record. */
export type PlaceName = 'source' | 'file' | 'offset' | 'id' | 'timestamp';

export function isPlaceName(name: MetaName): name is PlaceName {
  return !('isOfMessage' in META[name]);
}

export function isMetaName(name: string): name is MetaName {
  return Object.hasOwn(META, name);
}

/** Whether a node's value is the same for every record. */
export function isConstant(node: Node): boolean {
  switch (node.op) {
    case 'literal':
      return true;
    case 'call':
      return node.args.every(isConstant) && !node.definition.overloads.some(({ readsScope }) => readsScope);
    case 'arithmetic':
    case 'compare':
    case 'in':
      return isConstant(node.left) && isConstant(node.right);
    case 'not':
    case 'negate':
      return isConstant(node.of);
    case 'list':
      return node.items.every(({ value, isOptional }) => !isOptional && isConstant(value));
    default:
      return false;
  }
}
