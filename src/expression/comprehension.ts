import { addEntry } from './containers.js';
import type { RecordScope, RowFunction } from './row-function.js';
import type { MacroName } from './tree.js';
import { CelMap, Failure, isList, typeOf, type Value } from './values.js';

/** The parts of a macro, ready to be evaluated. */
export interface MacroParts {
  readonly macro: MacroName;
  /** Of the variable; of two, that of the index or key comes first. */
  readonly slots: readonly [number] | readonly [number, number];
  readonly range: RowFunction;
  readonly condition: RowFunction;
  readonly result: RowFunction;
}

/** What a macro goes over: values with their indexes or keys. */
interface Items {
  readonly keys: readonly Value[] | undefined;
  readonly values: readonly Value[];
}

/**
 * `range.all(variable, condition)` and its like, over the items of a list or the keys of a map; with two variables over
 * indexes and items, or keys and values.
 */
export function macroFunction(parts: MacroParts): RowFunction {
  const { macro, slots, range, condition, result } = parts;
  return (scope) => {
    const over = range(scope);
    if (over instanceof Failure) return over;
    const items = itemsOf(over, slots.length === 2);
    if (!items) return new Failure(`${macro} does not take ${typeOf(over)}`);
    const loop = new Loop(macro, slots, items, condition, scope);
    if (macro === 'map') return collect(loop, () => result(scope));
    if (macro === 'filter') return collect(loop, (item) => item);
    if (macro === 'transformMap' || macro === 'transformMapEntry') return collectMap(loop, result);
    return quantify(loop);
  };
}

function itemsOf(over: Value, isPaired: boolean): Items | undefined {
  if (isList(over))
    return { keys: isPaired ? over.map((_, index) => BigInt(index)) : undefined, values: over };
  if (!(over instanceof CelMap)) return undefined;
  if (!isPaired) return { keys: undefined, values: over.keys() };
  return { keys: over.keys(), values: Array.from(over.entries(), ({ value }) => value) };
}

/** The items one after the other, as the variables of the macro. */
class Loop {
  readonly macro: MacroName;
  readonly items: Items;
  readonly scope: RecordScope;
  readonly #slots: MacroParts['slots'];
  readonly #condition: RowFunction;

  constructor(
    macro: MacroName,
    slots: MacroParts['slots'],
    items: Items,
    condition: RowFunction,
    scope: RecordScope,
  ) {
    this.macro = macro;
    this.items = items;
    this.scope = scope;
    this.#slots = slots;
    this.#condition = condition;
  }

  /** The condition for item `index`. */
  truth(index: number): Value {
    const { keys, values } = this.items;
    if (keys) this.scope.locals[this.#slots[0]] = keys[index]!;
    this.scope.locals[this.#slots.at(-1)!] = values[index]!;
    const truth = this.#condition(this.scope);
    return typeof truth === 'boolean' || truth instanceof Failure
      ? truth
      : new Failure(`${this.macro} takes bools, not ${typeOf(truth)}`);
  }
}

function collect(loop: Loop, give: (item: Value) => Value): Value {
  const results: Value[] = [];
  const { values } = loop.items;
  for (let index = 0; index < values.length; index++) {
    const truth = loop.truth(index);
    if (truth instanceof Failure) return truth;
    if (truth !== true) continue;
    const value = give(values[index]!);
    if (value instanceof Failure) return value;
    results.push(value);
  }
  return results;
}

function collectMap(loop: Loop, result: RowFunction): Value {
  const results = new CelMap();
  const { keys, values } = loop.items;
  for (let index = 0; index < values.length; index++) {
    const truth = loop.truth(index);
    if (truth instanceof Failure) return truth;
    if (truth !== true) continue;
    const value = result(loop.scope);
    if (value instanceof Failure) return value;
    const failure =
      loop.macro === 'transformMap' ? addEntry(results, keys![index]!, value) : addAll(results, value);
    if (failure) return failure;
  }
  return results;
}

function addAll(map: CelMap, added: Value): Failure | undefined {
  if (!(added instanceof CelMap)) return new Failure(`transformMapEntry takes maps, not ${typeOf(added)}`);
  for (const { key, value } of added.entries()) {
    const failure = addEntry(map, key, value);
    if (failure) return failure;
  }
  return undefined;
}

/** `all` and `exists` absorb errors as `&&` and `||` do; `exists_one` looks at every item and does not. */
function quantify(loop: Loop): Value {
  let failure: Failure | undefined;
  let count = 0;
  for (let index = 0; index < loop.items.values.length; index++) {
    const truth = loop.truth(index);
    if (truth instanceof Failure) failure ??= truth;
    else if (truth === true) count++;
    if (loop.macro === 'all' && truth === false) return false;
    if (loop.macro === 'exists' && truth === true) return true;
  }
  if (failure) return failure;
  return loop.macro === 'exists_one' ? count === 1 : loop.macro === 'all';
}
