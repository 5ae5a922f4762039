import { inspect } from 'node:util';

/** What stands in the place of a secret wherever it is shown. */
const HIDDEN = '***';
/** Of shorter values, every second word would be hidden. */
const LEAST_LENGTH = 4;

/** A value that is never shown: as text, as JSON and to `console.log` it is `***`; only `reveal` gives it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

/** What this thread must not print, and what it prints instead; longer values first, for one may hold another. */
let hidden: readonly (readonly [string, string])[] = [];

/**
 * From now on `redact` hides these values, as they are and as they stand in JSON, in URLs and in base64.
 * @param secrets names by value
 */
export function hideSecrets(secrets: ReadonlyMap<string, string>): void {
  const all = new Map(hidden);
  for (const [value, name] of secrets) {
    if (value.length < LEAST_LENGTH) continue;
    const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '');
    for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), base64])
      all.set(form, name);
  }
  hidden = [...all].sort(([a], [b]) => b.length - a.length);
}

/** A text without secrets. */
export function redact(text: string): string {
  let safe = text;
  for (const [value, name] of hidden) if (safe.includes(value)) safe = safe.replaceAll(value, () => name);
  return safe;
}

/** A URL without the password in it. */
const PASSWORD_IN_URL = /^[a-z][a-z\d+.-]*:\/\/[^/?#\s:@]*:([^/?#\s@]+)@/i;
/** Variables whose names say that their value is a secret. */
const SECRET_NAME = /PASS|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|AUTH|DSN/i;

/** What of a value from the environment is a secret: all, where its name says so, else a URL's password. */
export function secretIn(name: string, value: string): string | undefined {
  return SECRET_NAME.test(name) ? value : PASSWORD_IN_URL.exec(value)?.[1];
}
