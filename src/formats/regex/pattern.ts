import { FieldError } from '../../config/fields.js';

/** Flags that may stand at the beginning of a pattern, as in `(?i)`. */
const INLINE_FLAGS = /^\(\?([ims]+)\)/;

/** A compiled pattern and the names of its groups. It must not have the flag `d`: V8's linear-time engine lacks that. */
export interface CompiledPattern {
  readonly expression: RegExp;
  readonly names: readonly string[];
}

/**
 * Compiles a pattern of the `regex` format: JavaScript's regular expressions, also with `(?P<name>…)` for a named group
 * and flags in front as in `(?i)`. Throws FieldError when it is wrong or has no named group.
 */
export function compilePattern(pattern: string): CompiledPattern {
  const inline = INLINE_FLAGS.exec(pattern);
  const source = pattern.slice(inline?.[0].length ?? 0).replaceAll('(?P<', '(?<');
  const expression = compile(source, [...new Set(inline?.[1])].join(''), pattern);
  const names = Object.keys(new RegExp(`${source}|`).exec('')!.groups ?? {});
  if (names.length === 0) {
    throw new FieldError('expected a named group such as (?<status>\\d+): each becomes a field');
  }
  return { expression, names };
}

function compile(source: string, flags: string, pattern: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (thrown) {
    const reason = (thrown as Error).message.split(': ').at(-1)!;
    const message = `the regular expression is wrong: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
    throw new FieldError(
      message,
      Math.min(firstError(source) + pattern.length - source.length, pattern.length),
    );
  }
}

/** About where the first error is: JavaScript does not tell, so this is the first bracket that nothing matches. */
function firstError(source: string): number {
  const open: number[] = [];
  let inClass = -1;
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at++;
    else if (inClass >= 0) inClass = char === ']' ? -1 : inClass;
    else if (char === '[') inClass = at;
    else if (char === '(') open.push(at);
    else if (char === ')' && open.pop() === undefined) return at;
  }
  return inClass >= 0 ? inClass : (open[0] ?? 0);
}
