import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LogReader, type LogState, LogWriter } from '../../src/log/index.js';
import { CrashStorage } from '../support/crash-storage.js';
import { runs } from '../support/property.js';

const FOLDER = 'log';

interface Frame {
  readonly baseOffset: number;
  readonly records: number;
  readonly timestampMs: number;
  readonly kind: number;
  readonly payload: string;
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      // Some appended at once.
      frames: fc.array(
        fc.record({
          bytes: fc.uint8Array({ minLength: 1, maxLength: 400 }),
          records: fc.integer({ min: 1, max: 1000 }),
          timestampMs: fc.integer({ min: -(10 ** 13), max: 10 ** 13 }),
          kind: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('checkpoint' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('reopen' as const, 'reopenAtCheckpoint' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('trim' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** A log and, beside it, what it should hold. */
class Pair {
  readonly storage = new CrashStorage();
  readonly options;
  writer!: LogWriter;
  frames: Frame[] = [];
  checkpoint: { state: LogState; frames: Frame[] } | undefined;

  constructor(segmentBytes: number) {
    this.options = { storage: this.storage, folder: FOLDER, segmentBytes };
  }

  async do(step: Step): Promise<void> {
    if (step.do === 'append') await this.#append(step.frames);
    else if (step.do === 'checkpoint') await this.saveCheckpoint();
    else if (step.do === 'trim') {
      await this.saveCheckpoint();
      const before = Math.round(step.share * this.writer.nextOffset);
      await this.writer.trim(before);
      if (before === this.writer.nextOffset) expect(this.writer.firstOffset).toBe(before);
      const isKept = ({ baseOffset }: Frame) => baseOffset >= this.writer.firstOffset;
      for (const gone of this.frames.filter((frame) => !isKept(frame)))
        expect(gone.baseOffset + gone.records).toBeLessThanOrEqual(before);
      this.frames = this.frames.filter(isKept);
      await this.saveCheckpoint();
    } else {
      const isBack = step.do === 'reopenAtCheckpoint' && this.checkpoint !== undefined;
      await this.writer.close();
      this.writer = await LogWriter.open(this.options, isBack ? this.checkpoint!.state : undefined);
      if (isBack) this.frames = [...this.checkpoint!.frames];
      else this.checkpoint = undefined;
    }
  }

  async saveCheckpoint(): Promise<void> {
    const checkpoint = { state: this.writer.state, frames: [...this.frames] };
    await this.writer.sync();
    this.checkpoint = checkpoint;
  }

  async #append(frames: Extract<Step, { do: 'append' }>['frames']): Promise<void> {
    const offsets = await Promise.all(frames.map(({ bytes, ...about }) => this.writer.append(bytes, about)));
    for (const [i, { bytes, ...about }] of frames.entries()) {
      const last = this.frames.at(-1);
      if (last) expect(offsets[i]).toBe(last.baseOffset + last.records);
      this.frames.push({ baseOffset: offsets[i]!, ...about, payload: hex(bytes) });
    }
  }

  async check(fromOffset: number): Promise<void> {
    const range = { fromOffset, end: this.writer.state };
    const reader = await LogReader.open(this.options, range);
    const found: Frame[] = [];
    for (let frame = await reader.read(); frame; frame = await reader.read())
      found.push({ ...frame, payload: hex(frame.payload) });
    await reader.close();
    expect(found).toEqual(this.frames.filter((frame) => frame.baseOffset + frame.records > fromOffset));
    expect(reader.skipped).toEqual([]);
    const sizes = [...this.storage.files].map(([path, bytes]) => (path.endsWith('.log') ? bytes.length : 0));
    expect(this.writer.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  }
}

it('holds what was appended, whatever is appended, trimmed, undone and opened anew', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 25 }),
    fc.integer({ min: 1, max: 3000 }),
    fc.double({ min: 0, max: 1.1, noNaN: true }),
    async (steps, segmentBytes, share) => {
      const pair = new Pair(segmentBytes);
      pair.writer = await LogWriter.open(pair.options, undefined);
      for (const one of steps) {
        await pair.do(one);
        await pair.check(Math.round(share * pair.writer.nextOffset));
      }
      await pair.writer.close();
    },
  );
  await fc.assert(property, { numRuns: runs(200) });
});
