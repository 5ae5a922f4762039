import { fstatSync, read as readFd, type Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import {
  type Chunk,
  Framer,
  type FramingOptions,
  type FramingState,
  fileIdentity,
  type JsonValue,
  MillraceError,
  messageOf,
  type Outlet,
  type Partition,
  type Positions,
} from '#component';
import { type Fingerprint, fingerprintOf, isEqual } from '../fingerprint.js';

/** How far a redirected file has been read. Plain JSON data, for checkpoints. */
interface Position {
  /** Where in the file the input began: `(head -1; millrace run ...) < file` begins behind the first line. */
  readonly begin: number;
  /** Its offset counts from `begin`. For a last line without a newline holds what does for the file source. */
  readonly framing: FramingState;
  readonly fingerprint: Fingerprint;
}

const readAsync = promisify(readFd);

/** A file that standard input is redirected from. */
export class RedirectedFile {
  readonly size: number;
  /** Position of the next byte in the file. */
  position = 0;
  private readonly key: string;
  private readonly fd: number;

  constructor(fd: number, stats: Stats) {
    this.fd = fd;
    this.size = stats.size;
    this.key = fileIdentity(stats);
  }

  /** Reads it to its end, from where an earlier run left it, else from where whoever redirected it did. */
  async *read(
    options: FramingOptions,
    partition: Partition,
    { outlet, signal, from }: { outlet: Outlet; signal: AbortSignal; from: Positions },
  ): AsyncGenerator<Chunk> {
    const { key } = this;
    const saved = await this.stillValid(from.get(key));
    const begin = saved?.begin ?? (await this.standsAt());
    const fingerprint = await this.fingerprint();
    this.position = begin + (saved?.framing.offset ?? 0);
    const read = async (into: Uint8Array): Promise<number> => {
      const count = await this.readInto(into, saved ? this.position : null);
      this.position += count;
      return count;
    };
    const resumeOf = (framing: FramingState) => {
      const position: Position = { begin, framing, fingerprint };
      return { key, position: position as unknown as JsonValue };
    };
    const framer = new Framer(options, partition, saved?.framing, resumeOf);
    if (from.has(key) && !saved) {
      // The position of an earlier file must not be taken for one in this file once it has grown.
      const resume = resumeOf(framer.state);
      yield { partition, bytes: new Uint8Array(0), offset: 0, readAtMs: Date.now(), resume };
    }
    yield* framer.chunks({ read, outlet, signal, isFinal: () => !signal.aborted });
  }

  private async stillValid(value: JsonValue | undefined): Promise<Position | undefined> {
    if (value === undefined) return undefined;
    const saved = value as unknown as Position;
    if (fstatSync(this.fd).size < saved.begin + saved.framing.offset) return undefined;
    const { fingerprint } = saved;
    return isEqual(await this.fingerprint(fingerprint.bytes), fingerprint) ? saved : undefined;
  }

  private fingerprint(bytes?: number): Promise<Fingerprint> {
    return fingerprintOf((into) => this.readInto(into, 0), bytes);
  }

  /** Node cannot tell; where the system does not either, the beginning is most likely. */
  private async standsAt(): Promise<number> {
    const info = await readFile(`/proc/self/fdinfo/${this.fd}`, 'latin1').catch(() => '');
    return Number(/^pos:\s*(\d+)$/m.exec(info)?.[1] ?? 0);
  }

  /** @param position null: where the descriptor stands, which is moved on */
  private async readInto(into: Uint8Array, position: number | null): Promise<number> {
    try {
      return (await readAsync(this.fd, into, 0, into.length, position)).bytesRead;
    } catch (error) {
      throw inputFailed(messageOf(error), error);
    }
  }
}

export function inputFailed(reason: string, cause?: unknown): MillraceError {
  return new MillraceError('input_failed', `cannot read standard input: ${reason}`, {
    blame: 'external',
    cause,
  });
}
