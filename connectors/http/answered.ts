import { createHash } from 'node:crypto';
import type { JsonValue, Positions, Resume } from '#component';

/** The requests of one Idempotency-Key: where its records begin, how many there are, and what the body was. */
export interface AnsweredRequest {
  readonly first: number;
  readonly records: number;
  readonly body: string;
}

/** How many parts the store has: the oldest goes when there is a new one. */
const PARTS = 16;
const POSITION_KEY = 'next';
const HASH_CHARACTERS = 22;
const BODY_CHARACTERS = 8;

/** What is kept of an Idempotency-Key, or of a body. */
export function keptOfKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, HASH_CHARACTERS);
}

export function keptOfBody(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('base64url').slice(0, BODY_CHARACTERS);
}

/** One part of the store as positions have it. */
interface StoredPart {
  readonly next: number;
  readonly epoch: string;
  /** Grows with each part, so that the oldest is known. */
  readonly number: number;
  /** `key.first.records.body`, and a space between two. */
  readonly keys: string;
}

/**
 * The Idempotency-Keys that were seen last, and the number of the next record. They are a part of the source's positions, so that
 * each checkpoint holds a request's key if and only if it holds its records.
 */
export class AnsweredRequests {
  readonly #mostPerPart: number;
  /** Of each part its keys; the newest is last. */
  readonly #parts: { readonly number: number; keys: string; readonly known: string[] }[] = [];
  readonly #known = new Map<string, AnsweredRequest>();
  #next = 0;
  #epoch: string;

  /**
   * @param most keys that are remembered at least, when so many were seen
   * @param epoch tells these numbers from those of another beginning
   */
  constructor(most: number, epoch: string, from: Positions) {
    this.#mostPerPart = Math.ceil(most / (PARTS - 1));
    this.#epoch = epoch;
    const stored = [...from.values()] as unknown as StoredPart[];
    for (const part of stored.sort((a, b) => a.number - b.number)) this.#restore(part);
    if (this.#parts.length === 0) this.#begin(0);
  }

  /** The number of the next record. */
  get next(): number {
    return this.#next;
  }

  get epoch(): string {
    return this.#epoch;
  }

  find(key: string): AnsweredRequest | undefined {
    return this.#known.get(key);
  }

  /** Numbers the records of a request, and remembers its key where it has one. */
  add(records: number, key?: { readonly key: string; readonly body: string }): AnsweredRequest {
    const first = this.#next;
    this.#next += records;
    const request = { first, records, body: key?.body ?? '' };
    if (key) this.#remember(key.key, request);
    return request;
  }

  /** The source's position after the last request: that part which has changed since the last call. */
  resume(): Resume {
    const { number, keys } = this.#parts.at(-1)!;
    const position: StoredPart = { next: this.#next, epoch: this.#epoch, number, keys };
    const resume = { key: `${POSITION_KEY}/${number % PARTS}`, position: position as unknown as JsonValue };
    // A request's key never goes into another part than that of its chunk, which has this position.
    if (this.#parts.at(-1)!.known.length >= this.#mostPerPart) this.#begin(number + 1);
    return resume;
  }

  #begin(number: number): void {
    this.#parts.push({ number, keys: '', known: [] });
    if (this.#parts.length <= PARTS) return;
    for (const key of this.#parts.shift()!.known) this.#known.delete(key);
  }

  #remember(key: string, request: AnsweredRequest): void {
    const part = this.#parts.at(-1)!;
    part.known.push(key);
    const { first, records, body } = request;
    const text = `${key}.${first}.${records}.${body}`;
    part.keys = part.keys === '' ? text : `${part.keys} ${text}`;
    this.#known.set(key, request);
  }

  #restore({ next, epoch, number, keys }: StoredPart): void {
    this.#next = Math.max(this.#next, next);
    this.#epoch = epoch;
    this.#begin(number);
    for (const text of keys === '' ? [] : keys.split(' ')) {
      const [key, first, records, body] = text.split('.') as [string, string, string, string];
      this.#remember(key, { first: Number(first), records: Number(records), body });
    }
  }
}

/** The number before which all records are in a checkpoint with these positions. */
export function nextIn(positions: Positions): number {
  return Math.max(0, ...([...positions.values()] as unknown as StoredPart[]).map(({ next }) => next));
}
