import { COMBINED_FORMAT, COMMON_FORMAT } from './access/index.js';
import type { FormatDefinition } from './format.js';

export type {
  Decoded,
  Decoder,
  Encoder,
  FormatConfig,
  FormatDefinition,
  Framing,
  Refusal,
  Wanted,
} from './format.js';

/** All formats: the only list. */
export const FORMATS: readonly FormatDefinition[] = [COMBINED_FORMAT, COMMON_FORMAT];

/** The format of this name, or undefined. */
export function formatNamed(name: string): FormatDefinition | undefined {
  return FORMATS.find((format) => format.name === name);
}
