import { createRequire } from 'node:module';
import type * as Arrow from 'apache-arrow';

/** Loading the library takes about 80 ms, which only pipelines that read or write Arrow should pay for. */
export function loadArrow(): typeof Arrow {
  return createRequire(import.meta.url)('apache-arrow') as typeof Arrow;
}

/** Marks a column of texts that are JSON (https://arrow.apache.org/docs/format/CanonicalExtensions.html#json). */
export const JSON_EXTENSION: readonly (readonly [string, string])[] = [
  ['ARROW:extension:name', 'arrow.json'],
  ['ARROW:extension:metadata', ''],
];
/** Marks the column of all fields that have none of their own. */
export const DOCUMENT_MARK: readonly [string, string] = ['millrace:document', 'true'];
