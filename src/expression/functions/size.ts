import { type FunctionDefinition, method, plain } from './function.js';

function codePoints(text: string): bigint {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const isPair = (text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800;
    if (isPair) count--;
  }
  return BigInt(count);
}

/** Functions on everything that holds several things. */
export const SIZE_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'size',
    summary: 'The number of characters of a text, of items of a list or of members of an object.',
    example: 'size(message) > 1000',
    overloads: [plain, method].flatMap((style) => [
      style(['string'], 'int', codePoints),
      style(['bytes'], 'int', (bytes) => BigInt(bytes.length)),
      style(['list'], 'int', (items) => BigInt(items.length)),
      style(['map'], 'int', (map) => BigInt(map.size)),
    ]),
  },
];
