import { compileCondition, parseExpression, type Verdict } from '../expression/index.js';
import type { ExpectedAtStage, ExpectedItem, TestRecord } from '../plan/index.js';
import { alignInAnyOrder, alignInOrder, type Pair } from './align.js';
import type { TestFailure } from './check-test.js';
import type { Observed } from './observed.js';
import {
  hasFields,
  isEqual,
  likeness,
  parseRecord,
  recordDifference,
  recordText,
  textDifference,
} from './records.js';

/** Compares the records at one stage with what a test expects there. */
export function checkStage(expected: ExpectedAtStage, observed: Observed): TestFailure[] {
  const check = new StageCheck(expected, observed);
  return [
    ...check.records(),
    ...check.contains(),
    ...check.where(),
    ...check.count(),
    ...check.text(observed),
  ];
}

/** Nobody reads more of the same. */
const MOST_SHOWN = 3;

class StageCheck {
  readonly #expected: ExpectedAtStage;
  readonly #json: readonly string[];
  readonly #found: readonly TestRecord[];
  readonly #isOrdered: boolean;
  readonly #kinds: ReturnType<Observed['kinds']>;

  constructor(expected: ExpectedAtStage, observed: Observed) {
    const { stage } = expected;
    this.#expected = expected;
    this.#json = observed.records
      .get(stage)!
      .text()
      .split('\n')
      .filter((line) => line !== '');
    this.#found = this.#json.map(parseRecord);
    this.#isOrdered = observed.isOrdered(stage);
    this.#kinds = observed.kinds(stage);
  }

  records(): TestFailure[] {
    const items = this.#expected.records;
    if (!items) return [];
    const tests = items.map((item) => this.#itemTest(item, isEqual));
    const fits = (w: number, f: number) => tests[w]!(f) === true;
    const align = this.#isOrdered ? alignInOrder : alignInAnyOrder;
    const pairs = align(items.length, this.#found.length, fits).filter((pair) => !pair.fits);
    return pairs.map((pair) => this.#mismatch(pair, items, tests));
  }

  #mismatch(
    { wanted, found }: Pair,
    items: readonly ExpectedItem[],
    tests: readonly ItemTest[],
  ): TestFailure {
    const path = `${this.#path}${wanted === undefined ? '' : `[${wanted}]`}`;
    const record = found === undefined ? undefined : this.#found[found]!;
    if (wanted === undefined) {
      const message = `${this.#nth(found!)} is not expected`;
      return this.#failure(this.#expected.position, path, message, [`+ ${recordText(record!)}`]);
    }
    const item = items[wanted]!;
    if (!record) return this.#failure(item.position, path, 'there is no such record', [`- ${shown(item)}`]);
    if (item.kind === 'record') {
      const details = recordDifference(item.record, record);
      return this.#failure(item.position, path, `${this.#nth(found!)} is different`, details);
    }
    const verdict = tests[wanted]!(found!);
    const details = [`- ${item.text}`, `+ ${recordText(record)}`];
    return this.#failure(item.position, path, reasonOf(verdict, this.#nth(found!)), details);
  }

  contains(): TestFailure[] {
    const items = this.#expected.contains ?? [];
    return items.flatMap((item, i) => {
      const test = this.#itemTest(item, hasFieldsOf);
      if (this.#found.some((_, f) => test(f) === true)) return [];
      const path = `expect.${this.#expected.stage}.contains[${i}]`;
      const message = `none of the ${this.#found.length} records is such a one`;
      return [this.#failure(item.position, path, message, this.#nearest(item))];
    });
  }

  /** The record that has most of what is wanted. */
  #nearest(item: ExpectedItem): string[] {
    if (item.kind === 'condition') return [`- ${item.text}`];
    const [nearest] = [...this.#found].sort((a, b) => likeness(b, item.record) - likeness(a, item.record));
    return nearest ? recordDifference(item.record, nearest, true) : [`- ${recordText(item.record)}`];
  }

  where(): TestFailure[] {
    const { where, stage } = this.#expected;
    if (!where) return [];
    const condition = compileCondition(parseExpression(where.text), this.#kinds);
    const failures = this.#found.flatMap((record, f) => {
      const verdict = condition(this.#json[f]!);
      if (verdict === true) return [];
      const details = [`- ${where.text}`, `+ ${recordText(record)}`];
      return [
        this.#failure(where.position, `expect.${stage}.where`, reasonOf(verdict, this.#nth(f)), details),
      ];
    });
    return failures.slice(0, MOST_SHOWN);
  }

  count(): TestFailure[] {
    const { count, stage } = this.#expected;
    if (!count || count.count === this.#found.length) return [];
    const message = `expected ${count.count} records, found ${this.#found.length}`;
    const details = this.#found.slice(0, MOST_SHOWN).map((record) => `+ ${recordText(record)}`);
    return [this.#failure(count.position, `expect.${stage}.count`, message, details)];
  }

  text(observed: Observed): TestFailure[] {
    const { text, stage } = this.#expected;
    if (!text) return [];
    const found = observed.written.get(stage)!.text();
    if (found === text.text) return [];
    const details = textDifference(text.text, found);
    return [this.#failure(text.position, `expect.${stage}.text`, 'the bytes are different', details)];
  }

  get #path(): string {
    return `expect.${this.#expected.stage}`;
  }

  #nth(index: number): string {
    return `record ${index + 1} of ${this.#found.length}`;
  }

  #itemTest(item: ExpectedItem, compare: (found: TestRecord, wanted: TestRecord) => boolean): ItemTest {
    if (item.kind === 'record') return (f) => compare(this.#found[f]!, item.record);
    const condition = compileCondition(parseExpression(item.text), this.#kinds);
    return (f) => condition(this.#json[f]!);
  }

  #failure(
    position: TestFailure['position'],
    path: string,
    message: string,
    details: readonly string[],
  ): TestFailure {
    return { position, path, message, details };
  }
}

/** Whether the record at an index is the one that is expected. */
type ItemTest = (found: number) => Verdict;

const hasFieldsOf = (found: TestRecord, wanted: TestRecord) => hasFields(found, wanted);

function reasonOf(verdict: Verdict, which: string): string {
  return typeof verdict === 'object'
    ? `the expression fails on ${which}: ${verdict.failure}`
    : `the expression is not true for ${which}`;
}

function shown(item: ExpectedItem): string {
  return item.kind === 'record' ? recordText(item.record) : item.text;
}
