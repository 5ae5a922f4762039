import type { HeadersBinding, HeaderValue, KeyBinding } from '../../src/routing/index.js';

// Exchanges as one would write them down first: each binding for itself, by the words of the specification.

/** Whether the words of a topic binding match those of a key: `*` one word, `#` any number. */
export function topicMatches(binding: readonly string[], key: readonly string[]): boolean {
  const [word, ...rest] = binding;
  if (word === undefined) return key.length === 0;
  if (word === '#') return key.some((_, i) => topicMatches(rest, key.slice(i))) || topicMatches(rest, []);
  return key.length > 0 && (word === '*' || word === key[0]) && topicMatches(rest, key.slice(1));
}

export function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.');
}

export function topicConsumers(bindings: readonly KeyBinding[], key: string): number[] {
  return consumersOf(bindings.filter((binding) => topicMatches(wordsOf(binding.key), wordsOf(key))));
}

export function directConsumers(bindings: readonly KeyBinding[], key: string): number[] {
  return consumersOf(bindings.filter((binding) => binding.key === key));
}

export function headersConsumers(
  bindings: readonly HeadersBinding[],
  headers: Readonly<Record<string, HeaderValue | undefined>>,
): number[] {
  return consumersOf(bindings.filter((binding) => headersMatch(binding, headers)));
}

export function headersMatch(
  { match, headers: wanted }: Omit<HeadersBinding, 'consumer'>,
  headers: Readonly<Record<string, HeaderValue | undefined>>,
): boolean {
  const withX = match.endsWith('-with-x');
  const counting = Object.entries(wanted).filter(([name]) => withX || !name.startsWith('x-'));
  const holds = ([name, value]: [string, HeaderValue]) =>
    headers[name] !== undefined && (value === null || headers[name] === value);
  return match.startsWith('all') ? counting.every(holds) : counting.some(holds);
}

function consumersOf(bindings: readonly { readonly consumer: number }[]): number[] {
  return [...new Set(bindings.map(({ consumer }) => consumer))].sort((a, b) => a - b);
}
