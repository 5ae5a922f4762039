import { CONVERSIONS } from './convert.js';
import type { FunctionDefinition } from './function.js';
import { SIZE_FUNCTIONS } from './size.js';
import { TEXT_FUNCTIONS } from './text.js';

/** Every function that expressions may call. A new family is a file beside this one and a line here. */
export const FUNCTIONS: readonly FunctionDefinition[] = [
  ...TEXT_FUNCTIONS,
  ...SIZE_FUNCTIONS,
  ...CONVERSIONS,
];

const byName = new Map(FUNCTIONS.map((definition) => [definition.name, definition]));

export function findFunction(name: string): FunctionDefinition | undefined {
  return byName.get(name);
}
