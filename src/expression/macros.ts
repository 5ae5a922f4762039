import type { RowFunction } from './row-function.js';
import type { MacroName } from './tree.js';
import { CelMap, Failure, isList, typeOf, type Value } from './values.js';

/** The parts of a macro, ready to be evaluated. */
export interface MacroParts {
  readonly macro: MacroName;
  /** Of the variable. */
  readonly slot: number;
  readonly range: RowFunction;
  readonly condition: RowFunction;
  readonly result: RowFunction;
}

/** `range.all(variable, condition)` and its like, over the items of a list or the keys of a map. */
export function macroFunction({ macro, slot, range, condition, result }: MacroParts): RowFunction {
  return (scope) => {
    const over = range(scope);
    if (over instanceof Failure) return over;
    const items = over instanceof CelMap ? over.keys() : over;
    if (!isList(items)) return new Failure(`${macro} does not take ${typeOf(items)}`);
    const truths = (item: Value): Value => {
      scope.locals[slot] = item;
      const truth = condition(scope);
      return typeof truth === 'boolean' || truth instanceof Failure
        ? truth
        : new Failure(`${macro} takes bools, not ${typeOf(truth)}`);
    };
    if (macro === 'map' || macro === 'filter') {
      return collect(items, truths, macro === 'map' ? () => result(scope) : (item) => item);
    }
    return quantify(macro, items, truths);
  };
}

function collect(
  items: readonly Value[],
  truths: (item: Value) => Value,
  give: (item: Value) => Value,
): Value {
  const results: Value[] = [];
  for (const item of items) {
    const truth = truths(item);
    if (truth instanceof Failure) return truth;
    if (truth !== true) continue;
    const value = give(item);
    if (value instanceof Failure) return value;
    results.push(value);
  }
  return results;
}

/** `all` and `exists` absorb errors as `&&` and `||` do; `exists_one` looks at every item and does not. */
function quantify(name: MacroName, items: readonly Value[], truths: (item: Value) => Value): Value {
  let failure: Failure | undefined;
  let count = 0;
  for (const item of items) {
    const truth = truths(item);
    if (truth instanceof Failure) failure ??= truth;
    else if (truth === true) count++;
    if (name === 'all' && truth === false) return false;
    if (name === 'exists' && truth === true) return true;
  }
  if (failure) return failure;
  return name === 'exists_one' ? count === 1 : name === 'all';
}
