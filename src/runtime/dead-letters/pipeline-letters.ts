import type { Pipeline, Plan } from '../../plan/index.js';
import { type StatePlace, segmentsIn } from '../pipeline-state.js';
import type { LetterFilter } from './filter.js';
import { DeadLetters, type LetterDamage, type StoredLetter } from './reader.js';

/** A letter's number; where the pipeline has several segments, with the segment's name before it: `parse/17`. */
export type LetterName = string;

export interface NamedLetter extends StoredLetter {
  readonly name: LetterName;
  readonly segment: string;
}

export interface NamedDamage extends LetterDamage {
  readonly segment: string;
}

export interface LetterChoice extends Omit<LetterFilter, 'ids'> {
  readonly names?: ReadonlySet<LetterName>;
  /** Of each segment, only those that came before the one that is named; none of the others. */
  readonly before?: readonly LetterName[];
}

/** The dead letters of all segments of a pipeline that are neither replayed nor discarded. Changes nothing. */
export class PipelineLetters {
  readonly #segments: ReadonlyMap<string, DeadLetters>;
  /** The segment whose letters have plain numbers. */
  readonly #only: string | undefined;

  private constructor(segments: ReadonlyMap<string, DeadLetters>, only: string | undefined) {
    this.#segments = segments;
    this.#only = only;
  }

  /** A run may go on meanwhile. Segments that the pipeline has no more are among them. */
  static async open(
    place: StatePlace & { readonly pipeline: Pipeline },
    { segments }: Plan,
  ): Promise<PipelineLetters> {
    const ids = new Set([...segments.map(({ id }) => id), ...(await segmentsIn(place))]);
    const letters = new Map<string, DeadLetters>();
    for (const segment of ids) letters.set(segment, await DeadLetters.open({ ...place, segment }));
    return new PipelineLetters(letters, segments.length === 1 ? segments[0]!.id : undefined);
  }

  get segments(): string[] {
    return [...this.#segments.keys()];
  }

  /** Segment by segment, in the order in which they came. Holds a few at a time. */
  async *select(
    { names, before, ...filter }: LetterChoice,
    onDamage: (damage: NamedDamage) => void = () => {},
  ): AsyncGenerator<NamedLetter> {
    for (const [segment, letters] of this.#segments) {
      const ids = names && this.#idsIn(segment, names);
      if (ids?.size === 0) continue;
      const end = before ? Math.max(0, ...this.#idsIn(segment, before)) : Number.POSITIVE_INFINITY;
      const found = letters.select({ ...filter, ...(ids && { ids }) }, (damage) =>
        onDamage({ ...damage, segment }),
      );
      for await (const stored of found) {
        if (stored.id >= end) break;
        yield { ...stored, segment, name: this.nameOf(segment, stored.id) };
      }
    }
  }

  nameOf(segment: string, id: number): LetterName {
    return segment === this.#only ? String(id) : `${segment}/${id}`;
  }

  /** What they take on the disk, with what is resolved and not yet removed. */
  async diskBytes(): Promise<number> {
    let bytes = 0;
    for (const letters of this.#segments.values()) bytes += await letters.diskBytes();
    return bytes;
  }

  #idsIn(segment: string, names: Iterable<LetterName>): Set<number> {
    const prefix = segment === this.#only ? '' : `${segment}/`;
    return new Set(
      [...names]
        .filter((name) => name.startsWith(prefix) && !name.slice(prefix.length).includes('/'))
        .map((name) => Number(name.slice(prefix.length))),
    );
  }
}
