import type { JsonValue, Positions, Resume } from '#component';
import type { Reading } from './fetcher.js';
import type { GroupOffset } from './group.js';
import { nameOf } from './offsets.js';
import type { Position } from './start.js';

export interface PartitionOptions {
  /** The id of the stage. */
  readonly source: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly committedOnly: boolean;
}

/** How far a partition has been read, passed on and committed. */
export class PartitionProgress implements Reading {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  fetchOffset: number;
  readonly #name: string;
  /** All before it has been passed on. */
  protected offset: number;
  /** Where that ends which is being made ready to be passed on. */
  protected nextOffset: number;
  /** The last position that was given away. */
  #positionOffset: number;
  #committedOffset: number;
  #end: number | undefined;

  constructor({ topic, topicId, partition, offset }: PartitionOptions) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
    this.fetchOffset = offset;
    this.offset = offset;
    this.nextOffset = offset;
    this.#positionOffset = offset;
    this.#committedOffset = offset;
    this.#name = nameOf({ topic, partition });
  }

  /** A new generation of the group: what was fetched but not passed on is fetched again. */
  begin(end: number | undefined): void {
    this.fetchOffset = this.offset;
    this.nextOffset = this.offset;
    this.#end ??= end;
  }

  get isAtEnd(): boolean {
    return this.#end !== undefined && this.offset >= this.#end;
  }

  /** What was passed on has not been committed yet. */
  get hasUncommitted(): boolean {
    return this.#positionOffset > this.#committedOffset;
  }

  isBehind(positions: Positions): boolean {
    return this.#positionIn(positions) > this.#committedOffset;
  }

  offsetIn(positions: Positions): GroupOffset {
    return { topic: this.topic, partition: this.partition, offset: this.#positionIn(positions) };
  }

  committed(positions: Positions): void {
    this.#committedOffset = Math.max(this.#committedOffset, this.#positionIn(positions));
  }

  /** Reads on there: the records before it are gone, or it never was as far. */
  skipTo(offset: number): void {
    this.offset = Math.min(this.offset, offset);
    this.nextOffset = offset;
  }

  /** Everything up to `nextOffset` is passed on. */
  protected passOn(): Resume {
    this.offset = this.nextOffset;
    this.#positionOffset = this.offset;
    const position: Position = { offset: this.offset, topic: this.topicId };
    return { key: this.#name, position: position as unknown as JsonValue };
  }

  /** Up to `nextOffset` there was nothing more to be passed on. */
  protected passOver(): void {
    this.offset = this.nextOffset;
  }

  #positionIn(positions: Positions): number {
    const position = positions.get(this.#name) as unknown as Position | undefined;
    return position?.topic === this.topicId ? position.offset : -1;
  }
}
