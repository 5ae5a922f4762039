import type { GroupPattern } from '../../base/regex/compile-groups.js';
import { FieldError } from '../../config/fields.js';
import { type CaptureType, targetOf } from './target.js';

/** A captured value's place in the match, and what becomes of it. */
export interface Capture {
  readonly name: string;
  readonly number: number;
  readonly type: CaptureType;
}

/** What a field is made of: the captures of one name, or an object of such. */
export type Tree = { readonly captures: Capture[] } | { readonly members: Map<string, Tree> };

/** The fields that a pattern gives, by name. Throws FieldError where one is to be a value and to hold others. */
export function fieldsOf({ groups }: Pick<GroupPattern, 'groups'>): ReadonlyMap<string, Tree> {
  const root: Tree = { members: new Map() };
  for (const { name: group, number } of groups) {
    const { name, path, type } = targetOf(group);
    let at: Tree = root;
    path.forEach((part, depth) => {
      if (!('members' in at)) throw conflict(name);
      const isLast = depth === path.length - 1;
      let next: Tree | undefined = at.members.get(part);
      if (!next) {
        next = isLast ? { captures: [] } : { members: new Map() };
        at.members.set(part, next);
      }
      at = next;
    });
    if (!('captures' in at)) throw conflict(name);
    (at as { captures: Capture[] }).captures.push({ name, number, type });
  }
  return root.members;
}

function conflict(name: string): FieldError {
  return new FieldError(`"${name}" cannot be a value and hold other fields: rename one of the captures`);
}
