import { type CheckedAt, childPath, type MapEntry } from '../config/index.js';

/** Parts of a pipeline that have a name already but cannot run yet, by where they stand. */
const DEAD_LETTER_TYPES = ['disk', 'amqp', 'kafka', 'file'];

/** Reports a key whose feature is not there yet; false when the key is no such one. */
export function refuseLater(entry: MapEntry, at: CheckedAt): boolean {
  const path = childPath(at.path, entry.key);
  if (path !== 'dead_letter.type') return false;
  const type = entry.value.kind === 'scalar' ? entry.value.text : '';
  const known = DEAD_LETTER_TYPES.includes(type);
  const nearest = known ? undefined : at.problems.nearest(type, DEAD_LETTER_TYPES);
  const message =
    'other stores for dead letters are not supported yet: leave the type out, and they go to runtime.state';
  at.problems.add(entry.value.place, path, message, nearest);
  return true;
}
