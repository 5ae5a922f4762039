import { RegexError } from './regex-error.js';

/** What a node of the automaton asks for. */
export type Node =
  /** A UTF-16 unit of these ranges. */
  | { readonly kind: 'unit'; readonly ranges: readonly (readonly [number, number])[]; readonly next: number }
  | { readonly kind: 'split'; readonly next: number; readonly other: number }
  | { readonly kind: 'assert'; readonly what: '^' | '$' | 'b' | 'B'; readonly next: number }
  | { readonly kind: 'accept' };

export interface Nfa {
  readonly nodes: readonly Node[];
  readonly entry: number;
}

type Tree =
  | { readonly kind: 'units'; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly min: number; readonly max: number | undefined }
  | { readonly kind: 'assert'; readonly what: '^' | '$' | 'b' | 'B' };

/** A pattern of more nodes has no automaton: making it would take long, and its states would be large. */
const MAX_NODES = 20_000;

/**
 * The automaton of a pattern read backwards (Thompson's construction), of a JavaScript pattern as the translators write
 * it: without flags but m, look-around and references. Undefined where it would be too large.
 */
export function reverseNfa(source: string): Nfa | undefined {
  const tree = new SourceReader(source).read();
  const nodes: Node[] = [{ kind: 'accept' }];
  const add = (node: Node): number => {
    if (nodes.length >= MAX_NODES) throw new RegexError('the pattern is too large');
    return nodes.push(node) - 1;
  };
  try {
    return { entry: build(tree, 0, nodes, add), nodes };
  } catch (error) {
    if (error instanceof RegexError) return undefined;
    throw error;
  }
}

/** Adds what matches `tree` backwards and goes on at `next`; answers where it begins. */
function build(tree: Tree, next: number, nodes: Node[], add: (node: Node) => number): number {
  switch (tree.kind) {
    case 'units':
      return add({ kind: 'unit', ranges: tree.ranges, next });
    case 'assert':
      return add({ kind: 'assert', what: tree.what, next });
    case 'sequence':
      return tree.parts.reduce((at, part) => build(part, at, nodes, add), next);
    case 'choice':
      return tree.parts
        .map((part) => build(part, next, nodes, add))
        .reduce((other, at) => add({ kind: 'split', next: at, other }));
    case 'repeat': {
      const { part, min, max } = tree;
      let at = next;
      if (max === undefined) {
        const loop = add({ kind: 'accept' });
        const body = build(part, loop, nodes, add);
        nodes[loop] = { kind: 'split', next: body, other: next };
        at = loop;
      } else {
        for (let i = min; i < max; i++)
          at = add({ kind: 'split', next: build(part, at, nodes, add), other: next });
      }
      for (let i = 0; i < min; i++) at = build(part, at, nodes, add);
      return at;
    }
  }
}

const QUANTIFIER = /([*+?])\??|\{(\d+)(,(\d*))?\}\??/y;

/** Reads a JavaScript pattern. */
class SourceReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Tree {
    const parts: Tree[] = [];
    let sequence: Tree[] = [];
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      if (this.#source[this.#at] === '|') {
        this.#at++;
        parts.push({ kind: 'sequence', parts: sequence });
        sequence = [];
      } else {
        sequence.push(this.#repeated());
      }
    }
    return { kind: 'choice', parts: [...parts, { kind: 'sequence', parts: sequence }] };
  }

  #repeated(): Tree {
    let part = this.#atom();
    for (;;) {
      QUANTIFIER.lastIndex = this.#at;
      const match = QUANTIFIER.exec(this.#source);
      if (!match) return part;
      this.#at += match[0].length;
      const [, sign, least, comma, most] = match;
      const min = sign === undefined ? Number(least) : sign === '+' ? 1 : 0;
      const counted = most ? Number(most) : comma === undefined ? min : undefined;
      const max = sign === undefined ? counted : sign === '?' ? 1 : undefined;
      part = { kind: 'repeat', part, min, max };
    }
  }

  #atom(): Tree {
    const character = this.#source[this.#at]!;
    switch (character) {
      case '(': {
        this.#at += this.#source.startsWith('(?:', this.#at) ? 3 : 1;
        const inner = this.read();
        this.#at++;
        return inner;
      }
      case '[':
        return this.#class();
      case '^':
      case '$':
        this.#at++;
        return { kind: 'assert', what: character };
      case '\\':
        if ('bB'.includes(this.#source[this.#at + 1]!)) {
          this.#at += 2;
          return { kind: 'assert', what: this.#source[this.#at - 1] as 'b' | 'B' };
        }
    }
    const unit = this.#unit();
    return { kind: 'units', ranges: [[unit, unit]] };
  }

  #class(): Tree {
    const ranges: [number, number][] = [];
    this.#at++;
    while (this.#source[this.#at] !== ']') {
      const first = this.#unit();
      const isRange = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']';
      if (isRange) this.#at++;
      ranges.push([first, isRange ? this.#unit() : first]);
    }
    this.#at++;
    return { kind: 'units', ranges };
  }

  #unit(): number {
    const character = this.#source[this.#at++]!;
    if (character !== '\\') return character.charCodeAt(0);
    const escaped = this.#source[this.#at++]!;
    if (escaped === 'u') {
      this.#at += 4;
      return Number.parseInt(this.#source.slice(this.#at - 4, this.#at), 16);
    }
    return { n: 10, r: 13, t: 9 }[escaped] ?? escaped.charCodeAt(0);
  }
}
