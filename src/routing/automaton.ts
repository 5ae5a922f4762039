/** What an automaton is made from: positions, of which several are taken at once, and how symbols lead on. */
export interface Positions {
  /** The positions before the first symbol. */
  readonly start: Iterable<number>;
  /** To where `symbol` leads from each of the positions. */
  step(positions: Int32Array, symbol: number): Iterable<number>;
  /** Calls for the number that stands for ending at these positions. */
  result(positions: Int32Array): number;
}

/** So many states and symbols that lead on from them are kept, or so many positions in all states. */
const MOST_STEPS = 65_536;
const MOST_POSITIONS = 1 << 20;
const UNKNOWN = -1;

/**
 * A deterministic automaton that is made while it runs: a state is a set of positions, and where a symbol leads from it
 * is found out once and then kept (Thompson 1968; kept within bounds by forgetting everything now and then, as RE2 does).
 * So a symbol costs one look into a table, whatever the number of positions.
 */
export class Automaton {
  readonly #positions: Positions;
  #numbers = new Map<string, number>();
  #states: Int32Array[] = [];
  #steps: Map<number, number>[] = [];
  #results: number[] = [];
  #kept = { steps: 0, positions: 0 };

  constructor(positions: Positions) {
    this.#positions = positions;
  }

  /** The first state. States that are known from before mean nothing after this. */
  start(): number {
    if (this.#kept.steps > MOST_STEPS || this.#kept.positions > MOST_POSITIONS) this.clear();
    if (this.#states.length === 0) this.#stateOf(this.#positions.start);
    return 0;
  }

  next(state: number, symbol: number): number {
    return this.#steps[state]!.get(symbol) ?? this.#step(state, symbol);
  }

  /** The result of ending in `state`. */
  result(state: number): number {
    const known = this.#results[state]!;
    if (known !== UNKNOWN) return known;
    const result = this.#positions.result(this.#states[state]!);
    this.#results[state] = result;
    return result;
  }

  /** Forgets everything, the results among it. */
  clear(): void {
    this.#numbers = new Map();
    this.#states = [];
    this.#steps = [];
    this.#results = [];
    this.#kept = { steps: 0, positions: 0 };
  }

  #step(state: number, symbol: number): number {
    const next = this.#stateOf(this.#positions.step(this.#states[state]!, symbol));
    this.#steps[state]!.set(symbol, next);
    this.#kept.steps++;
    return next;
  }

  #stateOf(positions: Iterable<number>): number {
    const set = Int32Array.from(new Set(positions)).sort();
    const key = set.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#states.push(set) - 1;
    this.#numbers.set(key, number);
    this.#steps.push(new Map());
    this.#results.push(UNKNOWN);
    this.#kept.positions += set.length;
    return number;
  }
}
