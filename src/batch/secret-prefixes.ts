import type { Arena } from './arena.js';

/** What follows a prefix, as the kernel has it. */
const Class = { UPPER: 0, ALPHANUMERIC: 1, WORD: 2, JWT: 3, SCHEME: 4, USERINFO: 5, PRIVATE_KEY: 6 } as const;

/** A prefix, the class of the signs after it and the least number of them that a token has. */
type Prefix = readonly [text: string, kind: number, least: number];

const { UPPER, ALPHANUMERIC, WORD, JWT, SCHEME, USERINFO, PRIVATE_KEY } = Class;

/**
 * By what tokens are known, as those who issue them document it, in groups whose first signs are alike: the search for where one
 * may begin looks for the signs of a group together.
 */
const GROUPS: readonly (readonly Prefix[])[] = [
  [['eyJ', JWT, 0]],
  [
    ['earer', SCHEME, 0],
    ['asic', SCHEME, 0],
    ['EARER', SCHEME, 0],
    ['ASIC', SCHEME, 0],
  ],
  [
    ['://', USERINFO, 0],
    ['-----BEGIN ', PRIVATE_KEY, 0],
  ],
  // Amazon Web Services, Google
  [
    ['AKIA', UPPER, 16],
    ['ASIA', UPPER, 16],
    ['AIza', WORD, 35],
  ],
  // GitHub, GitLab
  [
    ['ghp_', ALPHANUMERIC, 30],
    ['gho_', ALPHANUMERIC, 30],
    ['ghu_', ALPHANUMERIC, 30],
    ['ghs_', ALPHANUMERIC, 30],
    ['ghr_', ALPHANUMERIC, 30],
    ['github_pat_', WORD, 22],
    ['glpat-', WORD, 20],
  ],
  // Slack
  [
    ['xoxa-', WORD, 10],
    ['xoxb-', WORD, 10],
    ['xoxp-', WORD, 10],
    ['xoxr-', WORD, 10],
    ['xoxs-', WORD, 10],
    ['xapp-', WORD, 10],
  ],
  // Stripe, OpenAI, Anthropic, Hugging Face
  [
    ['sk_live_', ALPHANUMERIC, 10],
    ['sk_test_', ALPHANUMERIC, 10],
    ['rk_live_', ALPHANUMERIC, 10],
    ['rk_test_', ALPHANUMERIC, 10],
    ['sk-', WORD, 20],
    ['hf_', ALPHANUMERIC, 30],
  ],
  // Google, npm, PyPI, Docker, Stripe
  [
    ['ya29.', WORD, 20],
    ['npm_', ALPHANUMERIC, 30],
    ['pypi-', WORD, 50],
    ['dckr_pat_', WORD, 20],
    ['whsec_', ALPHANUMERIC, 20],
  ],
];
const PREFIXES = GROUPS.flat();

const encoder = new TextEncoder();
/** How many of its first signs tell where a prefix may begin. */
const PLACES = 3;
const NIBBLES = 32;
const ENTRY_BYTES = 16;

const TEXTS = PREFIXES.map(([text]) => encoder.encode(text));
const TEXT_BYTES = TEXTS.reduce((sum, text) => sum + text.length, 0);
const TABLE_BYTES = PLACES * NIBBLES + 4 + PREFIXES.length * ENTRY_BYTES;

/** For each place 16 bytes of buckets by the lower half of a sign, and 16 by the upper one. */
const STARTS = new Uint8Array(PLACES * NIBBLES);
for (const [group, prefixes] of GROUPS.entries()) {
  for (const [text] of prefixes) {
    for (let place = 0; place < PLACES; place++) {
      const sign = text.charCodeAt(place);
      STARTS[place * NIBBLES + (sign & 15)]! |= 1 << group;
      STARTS[place * NIBBLES + 16 + (sign >> 4)]! |= 1 << group;
    }
  }
}

/** Writes the tables that the kernel `findSecret` asks for to the arena. Returns their address. */
export function placePrefixes(arena: Arena): number {
  const address = arena.allocate(TABLE_BYTES + TEXT_BYTES);
  arena.bytes.set(STARTS, address);
  const { words } = arena;
  let word = (address + PLACES * NIBBLES) >> 2;
  words[word++] = PREFIXES.length;
  let text = address + TABLE_BYTES;
  for (const [i, [, kind, least]] of PREFIXES.entries()) {
    const bytes = TEXTS[i]!;
    arena.bytes.set(bytes, text);
    words[word++] = text;
    words[word++] = bytes.length;
    words[word++] = kind;
    words[word++] = least;
    text += bytes.length;
  }
  return address;
}
