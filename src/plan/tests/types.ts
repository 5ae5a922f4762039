/** Where something stands in a file. Lines and columns count from 1. */
export interface FilePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A checked test of a pipeline: what its stages are given, and what is expected of them. */
export interface PipelineTest {
  readonly name: string;
  readonly position: FilePosition;
  /** The time at which all records are read; without it, that of the machine. */
  readonly nowMs?: number;
  readonly given: readonly Given[];
  readonly expected: readonly ExpectedAtStage[];
  /** A test that says nothing of dead letters expects none. */
  readonly deadLetters: ExpectedLetters;
  readonly dropped: readonly ExpectedDrops[];
  /** The code of the error with which the run must stop; without it, it must come to its end. */
  readonly fails?: { readonly code: string; readonly position: FilePosition };
  /** In the order in which crashes follow each other. */
  readonly faults: readonly Fault[];
}

/** What goes wrong while a test runs. */
export type Fault = { readonly position: FilePosition } & (
  | {
      readonly kind: 'fail';
      readonly stage: string;
      readonly times: number;
      readonly retryable: boolean;
      readonly code: string;
    }
  | { readonly kind: 'slow'; readonly stage: string; readonly delayMs: number }
  | { readonly kind: 'crash'; readonly afterBatches: number }
);

/** Plain JSON data. */
export type RecordValue =
  | null
  | boolean
  | number
  | string
  | readonly RecordValue[]
  | { readonly [key: string]: RecordValue };
export type TestRecord = { readonly [key: string]: RecordValue };

/** A message, and what its source says of it. */
export interface TestMessage {
  readonly text: string;
  readonly meta?: TestRecord;
}

/** What a stage gets, or, where it is a source, what it reads. */
export interface Given {
  readonly stage: string;
  readonly position: FilePosition;
  readonly content:
    | { readonly kind: 'text'; readonly text: string }
    /** A file's path, from the folder of the test's file. */
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'messages'; readonly messages: readonly TestMessage[] }
    | { readonly kind: 'records'; readonly records: readonly TestRecord[] };
  /** What `meta.file` says of the records. */
  readonly from?: string;
}

/** One record that is expected: its fields, or an expression that must be true for it. */
export type ExpectedItem = { readonly position: FilePosition } & (
  | { readonly kind: 'record'; readonly record: TestRecord }
  | { readonly kind: 'condition'; readonly text: string }
);

/** What is expected of the records that come out of a source or transform, or arrive at a sink. */
export interface ExpectedAtStage {
  readonly stage: string;
  readonly position: FilePosition;
  /** All records, in their order. */
  readonly records?: readonly ExpectedItem[];
  /** Each fits one of the records; records are matched by the fields that are named. */
  readonly contains?: readonly ExpectedItem[];
  /** True for every record. */
  readonly where?: { readonly text: string; readonly position: FilePosition };
  readonly count?: { readonly count: number; readonly position: FilePosition };
  /** The bytes that a sink writes. */
  readonly text?: { readonly text: string; readonly position: FilePosition };
}

export interface ExpectedLetters {
  readonly position: FilePosition;
  /** In any order; only the fields that are named count. */
  readonly letters: readonly { readonly fields: TestRecord; readonly position: FilePosition }[];
}

export interface ExpectedDrops {
  readonly stage: string;
  readonly count: number;
  readonly position: FilePosition;
}
