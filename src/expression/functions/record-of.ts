import { CelMap, type Value } from '../values.js';

/** A map like an object of a record: a member that it does not have is null. */
export function recordOf(members: Readonly<Record<string, Value>>): CelMap {
  const map = new CelMap(true);
  for (const [name, value] of Object.entries(members)) map.set(name, value);
  return map;
}
