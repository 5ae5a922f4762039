import type { ExpectedDrops, Fault, FilePosition, PipelineTest, TestRecord } from '../plan/index.js';
import type { DeadLetter } from '../workers/index.js';
import { alignInAnyOrder } from './align.js';
import { checkStage } from './check-stage.js';
import type { Observed } from './observed.js';
import { hasFields, recordDifference, recordText } from './records.js';

/** One thing that is not as a test expects it. */
export interface TestFailure {
  readonly position: FilePosition;
  /** The path of the key in the test: `expect.out[0]`. */
  readonly path: string;
  readonly message: string;
  /** Lines that show it: `-` was expected, `+` was found. */
  readonly details: readonly string[];
}

/** Compares what was observed with what the test expects; finds everything at once. */
export function checkTest(test: PipelineTest, observed: Observed): TestFailure[] {
  const stopped = checkFailure(test, observed);
  // What a run that stopped has left behind says nothing.
  if (observed.failure) return stopped;
  return [
    ...stopped,
    ...observed.missed.map((fault) => missed(fault, test)),
    ...test.expected.flatMap((expected) => checkStage(expected, observed)),
    ...checkLetters(test, observed.deadLetters),
    ...test.dropped.flatMap((drops) => checkDrops(drops, observed)),
  ];
}

function checkFailure({ fails, position }: PipelineTest, { failure }: Observed): TestFailure[] {
  if (fails?.code === failure?.code) return [];
  const found = failure ? `stopped: ${failure.message} (${failure.code})` : 'came to its end';
  const message = fails ? `expected the run to stop with ${fails.code}, but it ${found}` : `the run ${found}`;
  return [{ position: fails?.position ?? position, path: fails ? 'fails' : '', message, details: [] }];
}

function missed(fault: Fault, { faults }: PipelineTest): TestFailure {
  const { position, kind } = fault;
  const message =
    fault.kind === 'crash'
      ? `there was no crash: the sources have read fewer than ${fault.afterBatches} batches since they began`
      : 'nothing failed: the sink has written nothing';
  return { position, path: `faults[${faults.indexOf(fault)}].${kind}`, message, details: [] };
}

function checkDrops({ stage, count, position }: ExpectedDrops, observed: Observed): TestFailure[] {
  const found = observed.dropped(stage);
  if (found === count) return [];
  const message = `expected "${stage}" to leave out ${count}, but it left out ${found}`;
  return [{ position, path: `dropped.${stage}`, message, details: [] }];
}

function checkLetters(test: PipelineTest, letters: readonly DeadLetter[]): TestFailure[] {
  const { position, letters: wanted } = test.deadLetters;
  const fits = (w: number, f: number) => hasFields(fieldsOf(letters[f]!), wanted[w]!.fields);
  const pairs = alignInAnyOrder(wanted.length, letters.length, fits).filter((pair) => !pair.fits);
  return pairs.map(({ wanted: w, found: f }) => {
    const expected = w === undefined ? undefined : wanted[w];
    const letter = f === undefined ? undefined : letters[f];
    const path = w === undefined ? 'dead_letters' : `dead_letters[${w}]`;
    const at = { position: expected?.position ?? position, path };
    if (!expected) return { ...at, message: 'a dead letter that is not expected', details: shown(letter!) };
    if (!letter) {
      return {
        ...at,
        message: 'there is no such dead letter',
        details: [`- ${recordText(expected.fields)}`],
      };
    }
    const details = recordDifference(expected.fields, fieldsOf(letter), true);
    return { ...at, message: 'the dead letter is another one', details: [...details, ...shown(letter)] };
  });
}

function fieldsOf(letter: DeadLetter): TestRecord {
  return { ...letter };
}

function shown({ stage, code, message, record, record_base64: base64 }: DeadLetter): string[] {
  return [`+ stage "${stage}": ${message} (${code})`, `+ record: ${record ?? `base64 ${base64}`}`];
}
