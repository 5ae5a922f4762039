import { type Problem, Problems, sourceOf } from './problem.js';

/**
 * Reads the lines of an `--env-file`: `KEY=value`, `export KEY=value`, `# comment`. Single quotes keep a value as it
 * is, double quotes know `\n`, `\t`, `\r`, `\"`, `\\` and `\$`; both may hold newlines. After an unquoted value, ` #`
 * begins a comment. Nothing is expanded. The last of several lines with one key counts.
 */
export function parseEnvFile(
  text: string,
  file: string,
): { values: Record<string, string>; problems: Problem[] } {
  const values: Record<string, string> = Object.create(null);
  const problems = new Problems();
  const source = sourceOf(file, text);
  const key = /[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_]\w*)[^\S\n]*=[^\S\n]*/y;
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < text.length; ) {
    const lineEnd = endOfLine(text, at);
    key.lastIndex = at;
    const match = key.exec(text);
    const value = match ? valueAt(text, key.lastIndex) : undefined;
    if (match && value) {
      values[match[1]!] = value.text;
      at = value.end + 1;
      continue;
    }
    // The line may hold a secret, so it is not shown.
    const line = text.slice(at, lineEnd).trim();
    if (line !== '' && !line.startsWith('#')) {
      problems.add({ source, offset: at }, '', 'expected KEY=value, with the quotes of the value closed');
    }
    at = lineEnd + 1;
  }
  return { values, problems: problems.sorted() };
}

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline === -1 ? text.length : newline;
}

/** The value that begins at `at`, and the end of its line; undefined when its quotes are not in order. */
function valueAt(text: string, at: number): { text: string; end: number } | undefined {
  if (text[at] !== '"' && text[at] !== "'") {
    const end = endOfLine(text, at);
    const value = text.slice(at, end).trim();
    const comment = value.startsWith('#') ? 0 : value.search(/\s#/);
    return { text: comment === -1 ? value : value.slice(0, comment).trim(), end };
  }
  const quoted = /'[^']*'|"(?:[^"\\]|\\[\s\S])*"/y;
  quoted.lastIndex = at;
  const match = quoted.exec(text);
  if (!match) return undefined;
  const end = endOfLine(text, quoted.lastIndex);
  const rest = text.slice(quoted.lastIndex, end).trim();
  return rest === '' || rest.startsWith('#') ? { text: unquoted(match[0]), end } : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquoted(value: string): string {
  if (value.startsWith("'")) return value.slice(1, -1);
  return value
    .slice(1, -1)
    .replace(/\\([ntr"\\$])/g, (_, character: string) => ESCAPES[character] ?? character);
}
