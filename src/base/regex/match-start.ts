import { type Nfa, reverseNfa } from './reverse-nfa.js';

/** So many states are kept; then it begins anew, as RE2 does. */
const MAX_STATES = 2000;
/** How often it may begin anew within one text before it gives up. */
const MAX_FLUSHES = 8;

/** What stands on one side of a place between two units: bits. */
const Side = { NONE: 0, WORD: 1, NEWLINE: 2, EDGE: 4 } as const;

interface State {
  readonly kernel: readonly number[];
  /** What stands behind the place. */
  readonly right: number;
}

/**
 * Finds where the first match of a pattern begins, in time linear in the text whatever the text is: a lazily built automaton
 * (https://swtch.com/~rsc/regexp/regexp1.html) of the pattern read backwards goes over the text from its end to its
 * beginning, and says of each place whether a match can begin there. So an engine that backtracks need not try others.
 */
export class MatchStart {
  readonly #nfa: Nfa;
  readonly #hasLines: boolean;
  /** First units of the classes of units that the pattern does not tell apart. */
  readonly #bounds: Int32Array;
  readonly #classOfByte = new Uint16Array(256);
  /** By node: the classes that it takes. */
  readonly #takes: readonly (Uint8Array | undefined)[];
  readonly #sides: Uint8Array;
  #states: State[] = [];
  /**
   * Of each state by the class of the unit before the place: twice the next state's number, plus one when a match can begin at
   * the place; -1: unknown.
   */
  #next = new Int32Array(0);
  /** The number of the state at the text's end; -1: there is none yet. */
  #first = -1;
  #numbers = new Map<string, number>();

  private constructor(nfa: Nfa, hasLines: boolean) {
    this.#nfa = nfa;
    this.#hasLines = hasLines;
    this.#bounds = boundsOf(nfa);
    for (let unit = 0; unit < 256; unit++) this.#classOfByte[unit] = this.#classOf(unit);
    const classes = this.#bounds.length;
    this.#takes = nfa.nodes.map((node) => {
      if (node.kind !== 'unit') return undefined;
      return Uint8Array.from(this.#bounds, (unit) =>
        node.ranges.some(([first, last]) => first <= unit && unit <= last) ? 1 : 0,
      );
    });
    this.#sides = new Uint8Array(classes + 1);
    this.#bounds.forEach((unit, at) => {
      const character = String.fromCharCode(unit);
      this.#sides[at] = /\w/.test(character)
        ? Side.WORD
        : /[\n\r\u2028\u2029]/.test(character)
          ? Side.NEWLINE
          : 0;
    });
    // The class behind the last is the edge of the text.
    this.#sides[classes] = Side.EDGE;
  }

  /** @param source a pattern as the translators write it. Undefined for one that is too large. */
  static of(source: string, flags: string): MatchStart | undefined {
    const nfa = reverseNfa(source);
    return nfa && new MatchStart(nfa, flags.includes('m'));
  }

  /** Where the first match begins, -1 when there is none, undefined when that takes too many states to tell. */
  find(text: string): number | undefined {
    const stride = this.#stride;
    let state = this.#initial();
    let found = -1;
    let flushes = 0;
    for (let at = text.length - 1; at >= -1; at--) {
      const unitClass = at < 0 ? this.#bounds.length : this.#classAt(text, at);
      let step = this.#next[state * stride + unitClass]!;
      if (step < 0) {
        if (this.#states.length >= MAX_STATES) {
          if (++flushes > MAX_FLUSHES) return undefined;
          state = this.#flush(state);
        }
        step = this.#step(state, unitClass);
      }
      if (step & 1) found = at + 1;
      state = step >> 1;
    }
    return found;
  }

  /**
   * Whether there is a match in the text at [start, end); undefined when it holds other characters than ASCII, or when that takes
   * too many states to tell.
   */
  existsIn(bytes: Uint8Array, start: number, end: number): boolean | undefined {
    const stride = this.#stride;
    const classes = this.#classOfByte;
    let state = this.#initial();
    let flushes = 0;
    for (let at = end - 1; at >= start - 1; at--) {
      const byte = at < start ? 0 : bytes[at]!;
      if (byte > 127) return undefined;
      const unitClass = at < start ? stride - 1 : classes[byte]!;
      let step = this.#next[state * stride + unitClass]!;
      if (step < 0) {
        if (this.#states.length >= MAX_STATES) {
          if (++flushes > MAX_FLUSHES) return undefined;
          state = this.#flush(state);
        }
        step = this.#step(state, unitClass);
      }
      if (step & 1) return true;
      state = step >> 1;
    }
    return false;
  }

  #classAt(text: string, at: number): number {
    const unit = text.charCodeAt(at);
    return unit < 256 ? this.#classOfByte[unit]! : this.#classOf(unit);
  }

  #classOf(unit: number): number {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (bounds[middle]! <= unit) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The number of classes, with the edge. */
  get #stride(): number {
    return this.#bounds.length + 1;
  }

  #initial(): number {
    if (this.#first < 0) this.#first = this.#numberOf([this.#nfa.entry], Side.EDGE);
    return this.#first;
  }

  /** Forgets all states but this one. */
  #flush(state: number): number {
    const { kernel, right } = this.#states[state]!;
    this.#states = [];
    this.#numbers = new Map();
    this.#first = -1;
    return this.#numberOf(kernel, right);
  }

  #numberOf(kernel: readonly number[], right: number): number {
    const key = `${right}:${kernel.join()}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.push({ kernel, right }) - 1;
      this.#makeRoom();
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** For the state that was made last. */
  #makeRoom(): void {
    const end = this.#states.length * this.#stride;
    if (end > this.#next.length) {
      const larger = new Int32Array(2 * end);
      larger.set(this.#next);
      this.#next = larger;
    }
    this.#next.fill(-1, end - this.#stride, end);
  }

  #step(from: number, unitClass: number): number {
    const { kernel, right } = this.#states[from]!;
    const { nodes, entry } = this.#nfa;
    const left = this.#sides[unitClass]!;
    const seen = new Set(kernel);
    const reached = new Set<number>([entry]);
    let begins = 0;
    // A set goes on with what is added to it meanwhile.
    for (const at of seen) {
      const node = nodes[at]!;
      if (node.kind === 'accept') begins = 1;
      else if (node.kind === 'split') seen.add(node.next).add(node.other);
      else if (node.kind === 'unit') {
        if (this.#takes[at]![unitClass] === 1) reached.add(node.next);
      } else if (this.#holds(node.what, left, right)) seen.add(node.next);
    }
    const sorted = [...reached].sort((a, b) => a - b);
    const step = this.#numberOf(sorted, left) * 2 + begins;
    this.#next[from * this.#stride + unitClass] = step;
    return step;
  }

  #holds(what: '^' | '$' | 'b' | 'B', left: number, right: number): boolean {
    const ends = this.#hasLines ? Side.EDGE | Side.NEWLINE : Side.EDGE;
    if (what === '^') return (left & ends) !== 0;
    if (what === '$') return (right & ends) !== 0;
    return ((left & Side.WORD) !== (right & Side.WORD)) === (what === 'b');
  }
}

/** Where ranges of the pattern, or what its assertions ask about, begin or end. */
function boundsOf({ nodes }: Nfa): Int32Array {
  const bounds = new Set([
    0, 0x0a, 0x0b, 0x0d, 0x0e, 0x30, 0x3a, 0x41, 0x5b, 0x5f, 0x60, 0x61, 0x7b, 0x2028, 0x202a,
  ]);
  for (const node of nodes) {
    if (node.kind !== 'unit') continue;
    for (const [first, last] of node.ranges) bounds.add(first).add(last + 1);
  }
  return Int32Array.from(bounds)
    .filter((unit) => unit <= 0xffff)
    .sort();
}
