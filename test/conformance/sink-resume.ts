import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sink, SinkState } from '#component';
import { Random } from '../../src/base/random.js';
import { runs } from '../support/property.js';
import { throughJson } from './sink-suite.js';

/** A place that a sink writes to, with what had been there before. */
export interface SinkPlace {
  readonly make: (header: Uint8Array | undefined, footer: Uint8Array | undefined) => Sink;
  /** What a process that is killed leaves: what the last sink made has open is closed as it is, and the output may be torn. */
  readonly kill: (random: Random) => Promise<void>;
  /** The bytes as they lie there, and as a reader sees them. */
  readonly stored: () => Promise<Buffer>;
  readonly arrived: () => Promise<Buffer>;
}

export interface ResumeCase {
  readonly newPlace: () => SinkPlace;
  /** What a reader finds there before, in a new place. */
  readonly before: string;
  readonly largestBlock: number;
}

const never = new AbortController().signal;
const HEADER = Buffer.from('id,text\n');
const FOOTER = Buffer.from('the end\n');

function someBlocks(random: Random, largestBlock: number): Buffer[] {
  const count = random.below(12);
  return Array.from({ length: count }, (_, i) => {
    const length = random.below(4) === 0 ? 0 : random.below(random.below(2) === 0 ? 100 : largestBlock);
    const unit = `${i},${random.uint32().toString(36)}-${random.uint32().toString(36)}\n`;
    return Buffer.from(unit.repeat(Math.ceil(length / unit.length)));
  });
}

/** Writes all blocks in as many runs as it takes; each but the last ends anywhere, most of them by being killed. */
async function writeInPieces({ make, kill }: SinkPlace, blocks: readonly Buffer[], random: Random) {
  let state: SinkState | undefined;
  let from = 0;
  for (let lives = random.below(5); ; lives--) {
    const sink = make(HEADER, FOOTER);
    state = throughJson(await sink.open(state));
    const end = lives > 0 ? from + random.below(blocks.length - from + 1) : blocks.length;
    const syncs: Promise<unknown>[] = [];
    const prepare = async (next: number) => {
      const prepared = await sink.prepare();
      syncs.push(prepared.durable());
      state = throughJson(prepared.state);
      from = next;
    };
    for (let i = from; i < end; i++) {
      await sink.write({ bytes: Buffer.from(blocks[i]!), records: 1 }, never);
      if (random.below(3) === 0) await prepare(i + 1);
    }
    const isClosed = lives <= 0 || random.below(4) === 0;
    if (isClosed) await prepare(end);
    await Promise.all(syncs);
    if (isClosed) await sink.close();
    else await kill(random);
    if (lives <= 0) return;
  }
}

/** Pieces of other sizes, in a single run. */
async function writeAtOnce({ make }: SinkPlace, all: Buffer, random: Random) {
  const sink = make(HEADER, FOOTER);
  await sink.open(undefined);
  for (let at = 0; at < all.length; ) {
    const bytes = all.subarray(at, at + 1 + random.below(400_000));
    await sink.write({ bytes, records: 1 }, never);
    at += bytes.length;
  }
  await sink.close();
}

/** What every sink does whose output can be taken back. */
export function testSinkResume(name: string, { newPlace, before, largestBlock }: ResumeCase): void {
  describe(`sink that is abandoned anywhere: ${name}`, () => {
    it('ends up with the same bytes, whatever its blocks were, when it goes on from its last state', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), async (seed) => {
          const random = new Random(seed);
          const blocks = someBlocks(random, largestBlock);
          const [disturbed, undisturbed] = [newPlace(), newPlace()];
          await writeInPieces(disturbed, blocks, random);
          await writeAtOnce(undisturbed, Buffer.concat(blocks), random);
          const whole = [before, before === '' ? HEADER.toString() : '', ...blocks, FOOTER].join('');
          expect((await disturbed.arrived()).toString()).toBe(whole);
          expect((await disturbed.stored()).equals(await undisturbed.stored())).toBe(true);
        }),
        { numRuns: runs(20) },
      );
    });
  });
}
