import { Automaton, type Positions } from './automaton.js';
import type { KeyBinding } from './binding.js';
import { ByteTable } from './byte-table.js';
import type { ConsumerSets } from './consumer-sets.js';
import { KeyCache } from './key-cache.js';
import type { KeyMatcher } from './key-router.js';

const DOT = 0x2e;

/** A place in the tree of all bindings' words. */
interface TreeNode {
  readonly number: number;
  /** By the number of the word. */
  readonly words: Map<number, TreeNode>;
  star: TreeNode | undefined;
  hash: TreeNode | undefined;
  /** It stands behind a `#`, which takes any number of words. */
  readonly isHash: boolean;
  /** Whose bindings end here. */
  readonly consumers: number[];
}

/**
 * Matches keys with the bindings of a topic exchange: words between dots, `*` for one word, `#` for any number of them. The
 * key "" has no words. A key costs time in proportion to its length, whatever the bindings.
 */
export class TopicMatcher implements KeyMatcher {
  readonly #words: ByteTable;
  readonly #automaton: Automaton;
  readonly #cache = new KeyCache();

  constructor(bindings: readonly KeyBinding[], consumers: ConsumerSets) {
    this.#words = new ByteTable(bindings.flatMap(({ key }) => wordsOf(key)));
    this.#automaton = new Automaton(new TreePositions(bindings, this.#words, consumers));
  }

  match(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#cache.slotOf(bytes, start, end);
    const known = this.#cache.get(slot, bytes, start, end);
    if (known >= 0) return known;
    const found = this.#run(bytes, start, end);
    this.#cache.set(slot, bytes, start, end, found);
    return found;
  }

  clear(): void {
    this.#automaton.clear();
    this.#cache.clear();
  }

  #run(bytes: Uint8Array, start: number, end: number): number {
    const automaton = this.#automaton;
    let state = automaton.start();
    if (start === end) return automaton.result(state);
    for (let at = start; at <= end; at++) {
      const begin = at;
      while (at < end && bytes[at] !== DOT) at++;
      state = automaton.next(state, this.#words.find(bytes, begin, at));
    }
    return automaton.result(state);
  }
}

function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.');
}

/** The positions of keys in the tree of the bindings' words. Words that no binding has are the symbol -1. */
class TreePositions implements Positions {
  readonly start: Iterable<number>;
  readonly #nodes: TreeNode[] = [];
  readonly #consumers: ConsumerSets;

  constructor(bindings: readonly KeyBinding[], words: ByteTable, consumers: ConsumerSets) {
    this.#consumers = consumers;
    const root = this.#node(false);
    for (const { key, consumer } of bindings) {
      let node = root;
      for (const word of wordsOf(key)) node = this.#child(node, word, words);
      node.consumers.push(consumer);
    }
    this.start = withHashes(root, []);
  }

  step(positions: Int32Array, symbol: number): number[] {
    const next: number[] = [];
    for (const position of positions) {
      const node = this.#nodes[position]!;
      if (node.isHash) next.push(position);
      if (node.star) withHashes(node.star, next);
      const child = node.words.get(symbol);
      if (child) withHashes(child, next);
    }
    return next;
  }

  result(positions: Int32Array): number {
    return this.#consumers.numberOf([...positions].flatMap((position) => this.#nodes[position]!.consumers));
  }

  #node(isHash: boolean): TreeNode {
    const node = {
      number: this.#nodes.length,
      words: new Map(),
      star: undefined,
      hash: undefined,
      isHash,
      consumers: [],
    };
    this.#nodes.push(node);
    return node;
  }

  #child(node: TreeNode, word: string, words: ByteTable): TreeNode {
    if (word === '*') {
      node.star ??= this.#node(false);
      return node.star;
    }
    if (word === '#') {
      node.hash ??= this.#node(true);
      return node.hash;
    }
    const number = words.numberOf(word);
    const child = node.words.get(number) ?? this.#node(false);
    node.words.set(number, child);
    return child;
  }
}

/** Adds a node and those that follow it by `#` alone, which may take no word at all. */
function withHashes(node: TreeNode, positions: number[]): number[] {
  for (let next: TreeNode | undefined = node; next; next = next.hash) positions.push(next.number);
  return positions;
}
