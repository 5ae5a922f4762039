import type { Block, Prepared, SinkDefinition } from '../component/index.js';

/** What has arrived at a sink, by path where its records have paths, else under the empty one. */
export class Captured {
  readonly #parts = new Map<string, Uint8Array[]>();

  add({ key = '', bytes }: Block): void {
    this.append(key, Uint8Array.from(bytes));
  }

  append(path: string, bytes: Uint8Array): void {
    this.#parts.set(path, [...(this.#parts.get(path) ?? []), bytes]);
  }

  get paths(): string[] {
    return [...this.#parts.keys()];
  }

  /** All of it, one path after another. */
  text(): string {
    return Buffer.concat([...this.#parts.values()].flat()).toString();
  }
}

const PREPARED: Prepared = { state: null, durable: async () => {} };

/**
 * A sink that keeps in memory what arrives.
 * @param real the definition of the sink in whose place it stands: which paths records go to stays as it is
 */
export function captureSink(captured: Captured, real?: SinkDefinition): SinkDefinition {
  return {
    kind: 'sink',
    name: 'captured',
    summary: 'Keeps what a test looks at.',
    fields: [],
    example: 'type: captured\n',
    ...(real?.path && { path: real.path }),
    create: (_, { header, footer }) => ({
      open: async () => {
        if (header && !real?.path) captured.append('', header);
        return null;
      },
      write: async (block) => captured.add(block),
      prepare: async () => PREPARED,
      close: async () => {
        if (footer && !real?.path) captured.append('', footer);
      },
    }),
  };
}
