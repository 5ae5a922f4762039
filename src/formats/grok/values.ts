import type { Capture, Tree } from './columns.js';

/** A captured value: what is no text has its type's form. */
export type Value = string | number | bigint | boolean;

/** Why a captured text is no value of its type. */
export class NoValue extends Error {}

/** The value of a capture; undefined when it took no part or is empty. Throws NoValue. */
export function capturedValue({ name, number, type }: Capture, match: RegExpExecArray): Value | undefined {
  const text: string | undefined = match[number];
  if (text === undefined || text === '') return undefined;
  switch (type) {
    case 'text':
      return text;
    case 'integer':
      return integer(name, text);
    case 'double': {
      const isNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);
      if (!isNumber || !Number.isFinite(Number(text))) throw noValue(name, 'a number', text);
      return Number(text);
    }
    case 'boolean':
      if (!/^(?:true|false)$/i.test(text)) throw noValue(name, 'true or false', text);
      return text.length === 4;
  }
}

/** Fractions are cut off. */
function integer(name: string, text: string): number | bigint {
  const digits = /^[+-]?\d+(?=(?:\.\d*)?$)/.exec(text)?.[0];
  if (digits === undefined) throw noValue(name, 'a whole number', text);
  const value = Number(digits);
  // Minus zero is no whole number.
  return Number.isSafeInteger(value) ? value + 0 : BigInt(digits.replace(/^\+/, ''));
}

function noValue(name: string, expected: string, text: string): NoValue {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return new NoValue(`expected ${expected} for "${name}", found ${JSON.stringify(shown)}`);
}

/** A field as JSON: of several captures with one name those that are there are a list. Undefined when there is none. */
export function jsonOf(tree: Tree, match: RegExpExecArray): string | undefined {
  if ('captures' in tree) {
    const values = tree.captures.flatMap((capture) => {
      const value = capturedValue(capture, match);
      return value === undefined ? [] : [typeof value === 'string' ? JSON.stringify(value) : String(value)];
    });
    return values.length > 1 ? `[${values.join(',')}]` : values[0];
  }
  const members: string[] = [];
  for (const [name, inner] of tree.members) {
    const value = jsonOf(inner, match);
    if (value !== undefined) members.push(`${JSON.stringify(name)}:${value}`);
  }
  return members.length === 0 ? undefined : `{${members.join(',')}}`;
}
