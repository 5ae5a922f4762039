import type { Block, Prepared, SinkDefinition } from '../component/index.js';
import type { Faults, SinkFaults } from './faults.js';

/** How much has arrived under each path. */
type Mark = readonly (readonly [path: string, parts: number])[];

/** What has arrived at a sink, by path where its records have paths, else under the empty one. */
export class Captured {
  readonly #parts = new Map<string, Uint8Array[]>();

  add({ key = '', bytes }: Block): void {
    this.append(key, Uint8Array.from(bytes));
  }

  append(path: string, bytes: Uint8Array): void {
    this.#parts.set(path, [...(this.#parts.get(path) ?? []), bytes]);
  }

  mark(): Mark {
    return [...this.#parts].map(([path, parts]) => [path, parts.length]);
  }

  /** Forgets what has arrived since. */
  goBackTo(mark: Mark): void {
    const kept = new Map(mark);
    for (const [path, parts] of this.#parts) {
      const count = kept.get(path) ?? 0;
      if (count === 0) this.#parts.delete(path);
      else this.#parts.set(path, parts.slice(0, count));
    }
  }

  get paths(): string[] {
    return [...this.#parts.keys()];
  }

  /** All of it, one path after another. */
  text(): string {
    return Buffer.concat([...this.#parts.values()].flat()).toString();
  }
}

const durable = async () => {};

export interface CaptureOptions {
  readonly captured: Captured;
  /** The definition of the sink in whose place it stands: which paths records go to stays as it is. */
  readonly real?: SinkDefinition;
  readonly faults: Faults;
  readonly own: SinkFaults | undefined;
}

/** A sink that keeps in memory what arrives, and after a crash goes back to what a checkpoint counts. */
export function captureSink({ captured, real, faults, own }: CaptureOptions): SinkDefinition {
  return {
    kind: 'sink',
    name: 'captured',
    summary: 'Keeps what a test looks at.',
    fields: [],
    example: 'type: captured\n',
    ...(faults.crashes && { keepsState: true }),
    ...(real?.path && { path: real.path }),
    // Where a sink knows of each record where it came from, so do its dead letters.
    ...(own && real?.envelope && { envelope: real.envelope }),
    create: (_, { header, footer }) => ({
      open: async (state) => {
        if (state !== undefined) captured.goBackTo(state as Mark);
        else if (header && !real?.path) captured.append('', header);
        return captured.mark();
      },
      write: async (block, signal) => {
        await own?.write(signal);
        captured.add(block);
      },
      prepare: async (): Promise<Prepared> => {
        faults.crashIfDue();
        return { state: captured.mark(), durable };
      },
      close: async () => {
        if (footer && !real?.path) captured.append('', footer);
      },
    }),
  };
}
