/** Which deliveries hold records that were rejected, of those that no committed checkpoint holds. */
export class Rejected {
  /** Deliveries with records, in their order, and the number of the first record of each. */
  #deliveries: number[] = [];
  #firstRecords: number[] = [];
  readonly #rejected = new Set<number>();

  /** A delivery is passed on whose records are numbered from `firstRecord`. */
  passed(delivery: number, firstRecord: number): void {
    this.#deliveries.push(delivery);
    this.#firstRecords.push(firstRecord);
  }

  /** A record was rejected, and so is the message that it was in. False where that is not among those passed on. */
  reject(record: number): boolean {
    const next = this.#firstRecords.findIndex((first) => first > record);
    const delivery = next === 0 ? undefined : this.#deliveries.at(next === -1 ? -1 : next - 1);
    if (delivery === undefined) return false;
    this.#rejected.add(delivery);
    return true;
  }

  /** The rejected ones among all deliveries before `end`, which are forgotten. */
  take(end: number): ReadonlySet<number> {
    const left = this.#deliveries.findIndex((delivery) => delivery >= end);
    const count = left === -1 ? this.#deliveries.length : left;
    const taken = this.#deliveries.slice(0, count).filter((delivery) => this.#rejected.delete(delivery));
    this.#deliveries = this.#deliveries.slice(count);
    this.#firstRecords = this.#firstRecords.slice(count);
    return new Set(taken);
  }
}
