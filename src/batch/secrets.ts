import type { Arena } from './arena.js';
import { placePrefixes } from './secret-prefixes.js';

/** What can be found in texts, with the kernel's number for it. */
const KINDS = { email: 1, card: 2, ip: 4, token: 8 } as const;
export type SecretKind = keyof typeof KINDS;
export const SECRET_KINDS = Object.keys(KINDS) as readonly SecretKind[];

/**
 * Finds e-mail addresses, card numbers, IP addresses and tokens in texts that lie in an arena: the only detector of these. After
 * `next` has said what it has found, `start` and `end` are its addresses.
 */
export class SecretFinder {
  readonly #kinds: number;
  #arena!: Arena;
  #prefixes = 0;
  #found!: Int32Array;

  constructor(kinds: readonly SecretKind[]) {
    this.#kinds = kinds.reduce((sum, kind) => sum | KINDS[kind], 0);
  }

  get findsCards(): boolean {
    return (this.#kinds & KINDS.card) !== 0;
  }

  get start(): number {
    return this.#found[0]!;
  }

  get end(): number {
    return this.#found[1]!;
  }

  /** Prepares for texts that lie in this arena. */
  begin(arena: Arena): void {
    this.#arena = arena;
    this.#prefixes = placePrefixes(arena);
    this.#found = arena.int32(2);
  }

  /** Finds the first one that begins at `from` or after it in the text [start, end). */
  next(start: number, end: number, from: number): SecretKind | undefined {
    if (this.#kinds === 0 || from >= end) return undefined;
    const { kernels } = this.#arena;
    const kind = kernels.findSecret(start, end, from, this.#kinds, this.#prefixes, this.#found.byteOffset);
    return kind === 0 ? undefined : nameOf(kind);
  }
}

function nameOf(kind: number): SecretKind {
  return kind === KINDS.email ? 'email' : kind === KINDS.card ? 'card' : kind === KINDS.ip ? 'ip' : 'token';
}
