import type { Arena, Vector } from '../batch/index.js';
import { Automaton, type Positions } from './automaton.js';
import type { HeadersBinding, HeaderValue } from './binding.js';
import { ConsumerSets, MOST_SETS } from './consumer-sets.js';
import { HeaderSymbols } from './header-symbols.js';

/** Routes batches by the headers of their records, as a headers exchange does. For one thread. */
export class HeadersRouter {
  readonly consumers = new ConsumerSets();
  readonly #symbols: readonly HeaderSymbols[];
  readonly #automaton: Automaton;

  /** @param names the headers that records may have, among them all that bindings ask for */
  constructor(names: readonly string[], bindings: readonly HeadersBinding[]) {
    let first = 0;
    this.#symbols = names.map((name) => {
      const symbols = new HeaderSymbols(first, valuesOf(name, bindings));
      first += symbols.count;
      return symbols;
    });
    this.#automaton = new Automaton(new BindingPositions(names, this.#symbols, bindings, this.consumers));
  }

  /**
   * For each row the number of its set in `consumers`, which holds until the next call.
   * @param headers one for each of the names, their JSON values resolved; what is absent is no header, what is null is
   *   one without a value
   */
  route(arena: Arena, headers: readonly Vector[], rows: number): Int32Array {
    if (this.consumers.size > MOST_SETS) {
      this.consumers.clear();
      this.#automaton.clear();
    }
    const sets = arena.int32(rows);
    for (let row = 0; row < rows; row++) {
      let state = this.#automaton.start();
      for (let header = 0; header < headers.length; header++) {
        state = this.#automaton.next(state, this.#symbols[header]!.of(arena.bytes, headers[header]!, row));
      }
      sets[row] = this.#automaton.result(state);
    }
    return sets;
  }
}

function valuesOf(name: string, bindings: readonly HeadersBinding[]): HeaderValue[] {
  return bindings.flatMap(({ headers }) => (Object.hasOwn(headers, name) ? [headers[name]!] : []));
}

/** What a binding asks of one header. */
interface Requirement {
  /** Undefined where the header need only be there. */
  readonly symbol: number | undefined;
  readonly isLast: boolean;
}

/**
 * Positions below the number of bindings are bindings that are still undecided, those from there on consumers who
 * will get the record. So what no longer makes a difference is no different state.
 */
class BindingPositions implements Positions {
  readonly start: readonly number[];
  readonly #bindings: readonly HeadersBinding[];
  readonly #consumers: ConsumerSets;
  /** By symbol: its header. */
  readonly #headerOf: readonly number[];
  readonly #symbols: readonly HeaderSymbols[];
  /** By binding and header. */
  readonly #requirements: readonly ReadonlyMap<number, Requirement>[];

  constructor(
    names: readonly string[],
    symbols: readonly HeaderSymbols[],
    bindings: readonly HeadersBinding[],
    consumers: ConsumerSets,
  ) {
    this.#bindings = bindings;
    this.#consumers = consumers;
    this.#symbols = symbols;
    this.#headerOf = symbols.flatMap(({ count }, header) => new Array<number>(count).fill(header));
    this.#requirements = bindings.map((binding) => requirementsOf(binding, names, symbols));
    this.start = bindings.flatMap((binding, number) => this.#startOf(binding, number));
  }

  step(positions: Int32Array, symbol: number): Set<number> {
    const header = this.#headerOf[symbol]!;
    const next = new Set<number>();
    for (const position of positions) {
      const requirement = this.#requirements[position]?.get(header);
      const after = requirement ? this.#decide(position, requirement, symbol) : position;
      if (after !== undefined) next.add(after);
    }
    // A consumer that gets the record gets it once: its other bindings matter no more.
    for (const position of next) if (next.has(this.#served(position))) next.delete(position);
    return next;
  }

  result(positions: Int32Array): number {
    const first = this.#bindings.length;
    return this.#consumers.numberOf([...positions].flatMap((at) => (at < first ? [] : [at - first])));
  }

  /** A binding without requirements matches everything where all of them, and nothing where any of them must hold. */
  #startOf(binding: HeadersBinding, number: number): number[] {
    if (this.#requirements[number]!.size > 0) return [number];
    return isAll(binding) ? [this.#served(number)] : [];
  }

  /** What a binding is after one of its headers: still undecided, matched, or undefined: it cannot match any more. */
  #decide(position: number, { symbol, isLast }: Requirement, found: number): number | undefined {
    const { absent } = this.#symbols[this.#headerOf[found]!]!;
    const holds = symbol === undefined ? found !== absent : found === symbol;
    const all = isAll(this.#bindings[position]!);
    if (holds && (isLast || !all)) return this.#served(position);
    return holds === all && !isLast ? position : undefined;
  }

  /** The position of the consumer of a binding that matches; of a consumer, none that there is. */
  #served(binding: number): number {
    const consumer = this.#bindings[binding]?.consumer;
    return consumer === undefined ? -1 : this.#bindings.length + consumer;
  }
}

function isAll({ match }: HeadersBinding): boolean {
  return match === 'all' || match === 'all-with-x';
}

/** What a binding asks of the headers that count in its kind of match. */
function requirementsOf(
  { match, headers }: HeadersBinding,
  names: readonly string[],
  symbols: readonly HeaderSymbols[],
): Map<number, Requirement> {
  const withX = match === 'all-with-x' || match === 'any-with-x';
  const counting = Object.keys(headers).filter((name) => withX || !name.startsWith('x-'));
  const numbers = counting.map((name) => names.indexOf(name));
  const last = Math.max(...numbers);
  return new Map(
    counting.map((name, i) => {
      const value = headers[name]!;
      const header = numbers[i]!;
      const symbol = value === null ? undefined : symbols[header]!.ofValue(value);
      return [header, { symbol, isLast: header === last }];
    }),
  );
}
