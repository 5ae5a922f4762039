// A worker thread with one more transform, which does to the thread what its records say.
import type { Batch } from '../../src/batch/index.js';
import type { Emit, TransformDefinition } from '../../src/component/index.js';
import { TRANSFORMS } from '../../src/transforms/index.js';

const decoder = new TextDecoder();

const DEEDS: Readonly<Record<string, (emit: Emit) => void>> = {
  throw: () => {
    throw new Error('poisoned');
  },
  loop: () => {
    for (;;);
  },
  heap: () => {
    const kept: object[] = [];
    for (;;) kept.push({ kept: [kept.length] });
  },
  hog: () => {
    const kept: Uint8Array[] = [];
    for (;;) kept.push(new Uint8Array(16 * 2 ** 20).fill(1));
  },
  exit: () => process.exit(3),
  reject: () => {
    void Promise.reject(new Error('nobody handles this'));
  },
  recurse: function deeper(emit) {
    deeper(emit);
    deeper(emit);
  },
  nonsense: (emit) => emit.batch({ rows: 3 } as Batch),
};

const HOSTILE: TransformDefinition = {
  kind: 'transform',
  name: 'hostile',
  summary: 'Does what the records say.',
  fields: [],
  example: 'type: hostile\n',
  needs: (_config, wanted) => wanted,
  shape: (_config, input) => input,
  create: () => ({
    apply(batch, emit) {
      const { starts, lengths, count } = batch.origin;
      for (let row = 0; row < count; row++) {
        const bytes = emit.arena.bytes.slice(starts[row]!, starts[row]! + lengths[row]!);
        const deed = /poison-(\w+)/.exec(decoder.decode(bytes))?.[1];
        if (deed !== undefined) DEEDS[deed]!(emit);
      }
      emit.batch(batch);
    },
  }),
};

(TRANSFORMS as TransformDefinition[]).push(HOSTILE);

export const { run, ready } = await import('../../src/workers/thread.js');
