import { readFileSync } from 'node:fs';

/** Of this package. */
export function version(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string })
        .version;
    } catch {
      // Compiled files lie one folder deeper than their sources.
    }
  }
  return 'unknown';
}
