import { CONVERSIONS } from './convert.js';
import { ENCODER_FUNCTIONS } from './encoders.js';
import type { FunctionDefinition } from './function.js';
import { GEOIP_FUNCTIONS } from './geoip.js';
import { LOG_TEXT_FUNCTIONS } from './log-text.js';
import { LOG_TIME_FUNCTIONS } from './log-time.js';
import { MATH_FUNCTIONS } from './math.js';
import { NETWORK_FUNCTIONS } from './network.js';
import { OPTIONAL_FUNCTIONS } from './optional.js';
import { SIZE_FUNCTIONS } from './size.js';
import { TEXT_FUNCTIONS } from './text.js';
import { TIME_FUNCTIONS } from './time.js';

export type { FunctionDefinition } from './function.js';
export { signatureOf } from './function.js';

/** Functions that belong together, under one heading of the documentation. */
export interface FunctionFamily {
  readonly title: string;
  /** Where they are from, and what they have in common. */
  readonly summary: string;
  readonly functions: readonly FunctionDefinition[];
}

/** Every function that expressions may call. A new family is a file beside this one and a line here. */
export const FUNCTION_FAMILIES: readonly FunctionFamily[] = [
  {
    title: 'Texts',
    summary: "CEL's functions on strings and its strings extension. Indexes count characters, from 0.",
    functions: TEXT_FUNCTIONS,
  },
  {
    title: 'Sizes and conversions',
    summary: 'CEL converts nothing by itself: `status + "x"` is an error, `string(status) + "x"` a text.',
    functions: [...SIZE_FUNCTIONS, ...CONVERSIONS],
  },
  {
    title: 'Timestamps and durations',
    summary:
      'Methods of CEL. Those of timestamps count in UTC, or in a time zone that is given by its name or offset. Timestamps and durations are also added and subtracted: `now() - duration("5m")`.',
    functions: TIME_FUNCTIONS,
  },
  { title: 'Math', summary: "CEL's math extension.", functions: MATH_FUNCTIONS },
  { title: 'Bytes', summary: "CEL's encoders extension.", functions: ENCODER_FUNCTIONS },
  {
    title: 'Networks',
    summary: "Kubernetes' extension of CEL for IP addresses and their ranges.",
    functions: NETWORK_FUNCTIONS,
  },
  {
    title: 'Optionals',
    summary:
      'An optional holds a value or nothing. `a.?b` and `a[?b]` give an optional; `[?a]` and `{?"k": a}` leave an empty one out.',
    functions: OPTIONAL_FUNCTIONS,
  },
  {
    title: 'Logs',
    summary: "Millrace's own functions, which CEL does not have.",
    functions: [...LOG_TIME_FUNCTIONS, ...LOG_TEXT_FUNCTIONS, ...GEOIP_FUNCTIONS],
  },
];

export const FUNCTIONS: readonly FunctionDefinition[] = FUNCTION_FAMILIES.flatMap(
  ({ functions }) => functions,
);

const byName = new Map(FUNCTIONS.map((definition) => [definition.name, definition]));

export function findFunction(name: string): FunctionDefinition | undefined {
  return byName.get(name);
}
