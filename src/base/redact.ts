import { parseIp } from './ip-address.js';

/** What can be hidden in texts. */
export const REDACTED_KINDS = ['email', 'card', 'ip', 'token'] as const;
export type RedactedKind = (typeof REDACTED_KINDS)[number];

interface Detector {
  /** No quantifier in it is without a limit inside another, so it takes linear time. */
  readonly pattern: RegExp;
  /** What stands in place of a match; the match itself when it is none after all. */
  readonly replace: (...match: string[]) => string;
}

const DETECTORS: Readonly<Record<RedactedKind, readonly Detector[]>> = {
  email: [
    {
      pattern: /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu,
      replace: () => '[email]',
    },
  ],
  card: [
    {
      pattern: /(?<!\d)[2-6](?:[ -]?\d){12,18}(?!\d)/g,
      replace: (number) => (passesLuhn(number.replace(/\D/g, '')) ? '[card]' : number),
    },
  ],
  ip: [
    {
      pattern: /(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\w)/g,
      replace: (text) => (parseIp(text) ? '[ip]' : text),
    },
    {
      pattern: /(?<![\w.:])(?=[^:]{0,4}:)[0-9a-fA-F:]{2,39}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?![\w:]|\.\d)/g,
      replace: (text) => (parseIp(text) ? '[ip]' : text),
    },
  ],
  token: [
    { pattern: /\beyJ[\w-]{8,4096}\.[\w-]{8,8192}(?:\.[\w-]{0,4096})?/g, replace: () => '[token]' },
    { pattern: /\b(Bearer|Basic) {1,4}[\w.~+/=-]{8,8192}/gi, replace: (_, scheme) => `${scheme} [token]` },
    { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, replace: () => '[token]' },
    { pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|xox[abprs]-[\w-]{10,255})/g, replace: () => '[token]' },
    {
      pattern:
        /\b(pass(?:word|wd)?|secret|token|api[_-]?key|access[_-]?key)(["']? {0,4}[=:] {0,4}["']?)(?!\[token\])[^\s"'&,;[\]{}]{1,4096}/gi,
      replace: (_, key, between) => `${key}${between}[token]`,
    },
  ],
};

/**
 * The text with e-mail addresses, card numbers (ISO/IEC 7812, checked by Luhn's sum), IP addresses and tokens (JSON Web Tokens,
 * `Bearer …`, `password=…` and keys of well-known services) replaced by `[email]`, `[card]`, `[ip]` and `[token]`.
 */
export function redactText(text: string, kinds: readonly RedactedKind[] = REDACTED_KINDS): string {
  let redacted = text;
  for (const kind of kinds) {
    for (const { pattern, replace } of DETECTORS[kind]) redacted = redacted.replace(pattern, replace);
  }
  return redacted;
}

/** Luhn's sum (US patent 2,950,048): every second digit from the right is doubled, and the sum of digits ends in 0. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
