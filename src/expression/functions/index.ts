import { CONVERSIONS } from './convert.js';
import { ENCODER_FUNCTIONS } from './encoders.js';
import type { FunctionDefinition } from './function.js';
import { MATH_FUNCTIONS } from './math.js';
import { NETWORK_FUNCTIONS } from './network.js';
import { OPTIONAL_FUNCTIONS } from './optional.js';
import { SIZE_FUNCTIONS } from './size.js';
import { TEXT_FUNCTIONS } from './text.js';
import { TIME_FUNCTIONS } from './time.js';

/** Every function that expressions may call. A new family is a file beside this one and a line here. */
export const FUNCTIONS: readonly FunctionDefinition[] = [
  ...TEXT_FUNCTIONS,
  ...SIZE_FUNCTIONS,
  ...CONVERSIONS,
  ...TIME_FUNCTIONS,
  ...MATH_FUNCTIONS,
  ...ENCODER_FUNCTIONS,
  ...NETWORK_FUNCTIONS,
  ...OPTIONAL_FUNCTIONS,
];

const byName = new Map(FUNCTIONS.map((definition) => [definition.name, definition]));

export function findFunction(name: string): FunctionDefinition | undefined {
  return byName.get(name);
}
