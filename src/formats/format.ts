import type {
  Arena,
  ArenaWriter,
  Batch,
  Document,
  Partition,
  Records,
  Shape,
  Vector,
} from '../batch/index.js';
import type { Field, Finding } from '../config/fields.js';

/**
 * What is wanted of records: `names` are the top-level fields that expressions look into, `all` says that the
 * whole record goes on, whatever its fields.
 */
export interface Wanted {
  readonly names: ReadonlySet<string>;
  readonly all: boolean;
}

/** A record that a decoder refused. */
export interface Refusal {
  readonly row: number;
  /** Says what was expected and where, in words for the person who has to mend the data. */
  readonly message: string;
}

export interface Decoded {
  /**
   * One vector a wanted field, all with `records.count` rows; rows of refused records are ABSENT. A wanted name
   * that the format cannot give is left out. In the order in which the format lists its fields.
   */
  readonly columns: ReadonlyMap<string, Vector>;
  /**
   * When all is wanted, formats whose records name their own fields (JSON, logfmt) give the whole record here, the
   * wanted names as its `members`, and no columns.
   */
  readonly document: Document | undefined;
  /** In row order; empty when all went well. */
  readonly refused: readonly Refusal[];
}

/** Turns the bytes of records into columns. Runs in a worker thread; one instance serves one stage there. */
export interface Decoder {
  /**
   * Decodes records that lie in the arena, in ascending order of their addresses, between the first record's start
   * and the last record's end (gaps hold terminators). Every record is checked in full whatever is wanted: which
   * records are refused must not depend on `wanted`. Never throws for what the bytes hold.
   * @param readAtMs when the source read them, in milliseconds since 1970: times without a year are near it
   */
  decode(arena: Arena, records: Records, wanted: Wanted, partition: Partition, readAtMs: number): Decoded;
}

/** Some bytes of a chunk that hold records which cannot be found without decoding them. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly records: number;
}

/** Turns pieces into columns. Runs in a worker thread; one instance serves one stage there. */
export interface PieceDecoder {
  /** The piece at `start` in a chunk that ends at `end`. */
  pieceAt(bytes: Uint8Array, start: number, end: number): Piece;
  /**
   * Decodes the records of a piece from `from` up to, but without, `to`. What it gives as their bytes is JSON, for dead letters.
   * @param offset position of the piece in its partition
   * @throws PieceRefused where none of its records can be read
   */
  decode(
    arena: Arena,
    piece: Piece & { readonly offset: number },
    rows: { readonly from: number; readonly to: number },
    wanted: Wanted,
    partition: Partition,
    readAtMs: number,
  ): Decoded & { readonly records: Records };
}

/** Says what was expected and where, in words for the person who has to mend the data. */
export class PieceRefused extends Error {}

/** What has been written to a file: its header and all blocks. */
export interface Written {
  readonly length: number;
  /** Reads up to `into.length` bytes from `position`; 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
}

/** Turns batches into bytes. Runs in a worker thread; one instance serves one sink there. */
export interface Encoder {
  /** Bytes that stand once at the beginning of each output: a CSV header, an Arrow schema. */
  readonly header?: Uint8Array;
  readonly footer?: Uint8Array;
  /** In place of `footer`, where it depends on what stands before it. */
  readonly footerOf?: (written: Written) => Promise<Uint8Array>;
  /**
   * Makes what `encode` will write, where that takes memory of the arena: gives the batch that it gets, without the rows that
   * were refused. Called before the writer begins.
   */
  readonly prepare?: (batch: Batch, arena: Arena, refuse: (row: number, message: string) => void) => Batch;
  /** Appends all rows of the batch, each with its terminator, to the writer (which has begun). */
  encode(batch: Batch, writer: ArenaWriter): void;
}

/**
 * How a stream of bytes is cut into records. `lines`: at newlines. `csv`: at newlines outside of double quotes. `arrow`: into
 * messages, pieces that hold many records each. Plain data: it travels to the threads.
 */
export type Framing = 'lines' | 'csv' | 'arrow' | CsvFraming | MultilineFraming;

/** Lines, some of which belong together. */
export interface MultilineFraming {
  readonly kind: 'multiline';
  /** Which do; of a container runtime's, `group` says which of the lines do that it had cut. */
  readonly of: LinesOf & { readonly group?: LinesOf };
  /** A record that would be longer than this goes on as another. */
  readonly maxLines: number;
  readonly maxBytes: number;
  /** How long more lines of a record are waited for. */
  readonly flushAfterMs: number;
}

/** Lines that belong together: `type` is a language, `pattern`, or a container runtime. */
export type LinesOf = { readonly type: string } & LinePatterns;

/** What a user says of lines that belong together: regular expressions of lines, at least one of the three. */
export interface LinePatterns {
  readonly start?: string;
  readonly continue?: string;
  readonly end?: string;
}

/** CSV in which other bytes than quotes matter as well. */
export interface CsvFraming {
  readonly kind: 'csv';
  /** The byte after which a newline or a quote is a part of the text; -1: none. */
  readonly escapeByte: number;
  /** Lines that begin with this byte are no records; -1: none do. */
  readonly commentByte: number;
}

/** A text in a format and its records as NDJSON, which a test compares. */
export interface Sample {
  readonly input: string;
  readonly output: string;
}

/** A format: its options as data and what can be made of them. A configuration is `{type: name, ...options}`. */
export interface FormatDefinition {
  readonly kind: 'format';
  readonly name: string;
  readonly summary: string;
  readonly fields: readonly Field[];
  /** A YAML value for `format:`. */
  readonly example: string;
  /** A record in this format that nobody has changed can go out as the very bytes that it came in. */
  readonly verbatim?: true;
  readonly decoder?: {
    readonly framing: (config: FormatConfig) => Framing;
    /** Lines at the beginning of a partition that are no records but its preamble. */
    readonly preambleLines?: (config: FormatConfig) => number;
    /** Finds what single options cannot tell; `field` is an option's name. */
    readonly check?: (config: FormatConfig) => readonly Finding[];
    /** Finds what is no mistake, but may become one. */
    readonly warn?: (config: FormatConfig) => readonly Finding[];
    /** A record may keep it busy for ever: it then never runs in the main thread. */
    readonly mayRunAway?: boolean;
    readonly shape: (config: FormatConfig) => Shape;
    /** For the documentation: a text, and what it is with the options of `example`, as NDJSON; none of bytes. */
    readonly sample?: Sample;
    readonly create: (config: FormatConfig) => Decoder;
    /** In place of `create`, which makes one that refuses all records: the format is for sources alone. */
    readonly createForPieces?: (config: FormatConfig) => PieceDecoder;
  };
  readonly encoder?: {
    /** How what it writes is cut into records; `batches`: what it makes of a batch is one piece. */
    readonly framing: (config: FormatConfig) => Framing | 'batches';
    /** It can only be written to a file, which is read when it ends. */
    readonly needsFile?: true;
    /** The fields that it writes, of records of this shape; throws FieldError when it cannot write them. */
    readonly wanted: (config: FormatConfig, shape: Shape) => Wanted;
    readonly create: (config: FormatConfig, shape: Shape) => Encoder;
  };
}

/** Checked options of a format, defaults filled in. Plain data: it travels to the threads. */
export type FormatConfig = { readonly type: string } & Readonly<Record<string, unknown>>;
