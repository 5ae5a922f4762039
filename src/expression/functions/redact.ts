import { Arena, SECRET_KINDS, SecretFinder, type SecretKind } from '../../batch/index.js';

const LEAST_ARENA_BYTES = 1024 * 1024;
/** The arena's own use, beside the text: kernels' memory, tables, slack. */
const ARENA_OVERHEAD_BYTES = 256 * 1024;
/** No sign takes more bytes of UTF-8 for each of its UTF-16 units. */
const MOST_BYTES_A_UNIT = 3;

/**
 * What is named by what stands before it, as in `password=hunter2` or `"api_key": "…"`. No quantifier in it is without a limit
 * inside another, so it takes linear time.
 */
const ASSIGNED =
  /\b(pass(?:word|wd)?|secret|token|api[_-]?key|access[_-]?key)(["']? {0,4}[=:] {0,4}["']?)(?!\[token\])[^\s"'&,;[\]{}]{1,4096}/gi;

let arena: Arena | undefined;

/**
 * The text with what SecretFinder finds, and what `password=`, `token:` and their like name, replaced by `[email]`, `[card]`,
 * `[ip]` and `[token]`.
 */
export function redactText(text: string, kinds: readonly SecretKind[] = SECRET_KINDS): string {
  const redacted = withoutSecrets(text, kinds);
  if (!kinds.includes('token')) return redacted;
  return redacted.replace(ASSIGNED, (_, name: string, between: string) => `${name}${between}[token]`);
}

function withoutSecrets(text: string, kinds: readonly SecretKind[]): string {
  const memory = arenaFor(text.length * MOST_BYTES_A_UNIT);
  const finder = new SecretFinder(kinds);
  finder.begin(memory);
  const bytes = Buffer.from(text);
  const start = memory.place(bytes);
  const end = start + bytes.length;
  const pieces: string[] = [];
  let kept = start;
  for (let kind = finder.next(start, end, start); kind; kind = finder.next(start, end, kept)) {
    pieces.push(bytes.toString('utf8', kept - start, finder.start - start), `[${kind}]`);
    kept = finder.end;
  }
  if (pieces.length === 0) return text;
  return pieces.join('') + bytes.toString('utf8', kept - start);
}

/** Of this thread, and empty. */
function arenaFor(bytes: number): Arena {
  const needed = bytes + ARENA_OVERHEAD_BYTES;
  if (!arena || arena.capacity < needed) arena = new Arena(Math.max(LEAST_ARENA_BYTES, 2 * needed));
  arena.reset();
  return arena;
}
