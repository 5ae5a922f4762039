import { FieldError } from '../../config/fields.js';

/** What becomes of a captured text. */
export type CaptureType = 'text' | 'integer' | 'double' | 'boolean';

const TYPES: Readonly<Record<string, CaptureType>> = {
  string: 'text',
  text: 'text',
  int: 'integer',
  integer: 'integer',
  long: 'integer',
  float: 'double',
  double: 'double',
  bool: 'boolean',
  boolean: 'boolean',
};

/** Where a capture goes, and as what. */
export interface Target {
  /** As it was written. */
  readonly name: string;
  /** The names of the objects that it is in, and its own: more than one for `[a][b]` and for `a.b`. */
  readonly path: readonly string[];
  readonly type: CaptureType;
}

const targets = new Map<string, Target>();

/** The target of a group's name, such as `[http][status]:int`. Throws FieldError. */
export function targetOf(group: string): Target {
  let target = targets.get(group);
  if (!target) {
    target = parseTarget(group);
    targets.set(group, target);
  }
  return target;
}

function parseTarget(group: string): Target {
  const [, name, typeName] = /^(.*?)(?::(\w+))?$/s.exec(group)!;
  const type = typeName === undefined ? 'text' : TYPES[typeName];
  if (type === undefined) {
    const names = Object.keys(TYPES).join(', ');
    throw new FieldError(`there is no type "${typeName}" for "${name}": expected one of ${names}`);
  }
  const path = /^(?:\[[^[\]]+\])+$/.test(name!) ? name!.slice(1, -1).split('][') : name!.split('.');
  if (path.some((part) => part === '' || /[[\]]/.test(part))) {
    throw new FieldError(`expected a field such as status, http.status or [http][status], found "${name}"`);
  }
  return { name: name!, path, type };
}
