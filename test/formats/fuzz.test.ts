import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { Arena, type Partition, type Records, Tag, textAddress, textAt } from '../../src/batch/index.js';
import { frame } from '../../src/formats/frame.js';
import { FORMATS, type FormatConfig } from '../../src/formats/index.js';
import { runs } from '../support/property.js';
import { type Variant, variantsOf } from './samples.js';
import { ALL, fieldsAt, only, valueAt } from './support.js';

const RECORDS_A_RUN = 200;
const RUNS = 250;
const MAX_EDITS = 4;
/** What means something in one format or other. */
const SPECIAL = Buffer.from(
  '"\'\\ \t\r=,:;|[]{}<>()#*-+./0159aAzZ\0\x1b\x7f\xef\xbb\xbf\xc3\xa9\xff',
  'latin1',
);

const arena = new Arena(32 * 1024 * 1024);
/** Those of text. What is binary (`arrow`) has messages in place of lines, which its own test damages. */
const variants = FORMATS.filter(({ decoder }) => decoder && !decoder.createForPieces)
  .flatMap(variantsOf)
  .map((variant) => [named(variant.config), variant] as const);

/** `nginx log=error`. */
function named({ type, ...options }: FormatConfig): string {
  const words = Object.entries(options).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [type, ...words].join(' ');
}

/** A record that is nearly one of the seeds: some bytes taken out, put in or replaced, or the halves of two of them. */
function mutant(seeds: readonly Buffer[], random: Random): Buffer {
  if (random.below(20) === 0)
    return Buffer.from(Array.from({ length: random.below(80) }, () => random.below(256)));
  let bytes = random.pick(seeds);
  if (random.below(8) === 0) {
    const other = random.pick(seeds);
    bytes = Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  }
  for (let edits = random.below(MAX_EDITS + 1); edits > 0; edits--) {
    const at = random.below(bytes.length + 1);
    const put =
      random.below(3) === 0
        ? Buffer.of(random.below(256))
        : Buffer.of(SPECIAL[random.below(SPECIAL.length)]!);
    const skip = random.below(3);
    bytes = Buffer.concat([
      bytes.subarray(0, at),
      skip === 2 ? Buffer.alloc(0) : put,
      bytes.subarray(at + skip),
    ]);
  }
  return bytes;
}

/** Frames as many records as there are, the way a source of this format does. */
function framed({ format, config }: Variant, records: readonly Buffer[]): Records {
  arena.reset();
  const chunk = Buffer.concat(records.flatMap((record) => [record, Buffer.from('\n')]));
  const start = arena.place(chunk);
  return frame(arena, format.decoder!.framing(config), start, start + chunk.length, chunk.length, 0).records;
}

describe('whatever the bytes, a decoder neither throws nor loses a record, and gives what was wanted', () => {
  it.each(variants)('%s', (_name, variant) => {
    const { format, config } = variant;
    const { preambleLines, create } = format.decoder!;
    const [first, ...rest] = variant.seeds;
    const hasPreamble = preambleLines?.(config) === 1;
    const seeds = (hasPreamble ? rest : [first!, ...rest]).map((seed) => Buffer.from(seed));
    const partition: Partition = {
      source: 'test',
      name: 'test.log',
      ...(hasPreamble && { preamble: Buffer.from(first!) }),
    };
    const decoder = create(config);
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new Random(seed);
        const texts = Array.from({ length: RECORDS_A_RUN }, () => mutant(seeds, random));
        const records = framed(variant, texts);
        const all = decoder.decode(arena, records, ALL, partition, seed * 1000);
        const refused = new Set(all.refused.map(({ row }) => row));
        expect(refused.size).toBe(all.refused.length);
        expect(decoder.decode(arena, records, only(), partition, seed * 1000).refused).toEqual(all.refused);
        const vectors = [...all.columns.values(), ...(all.document ? [all.document.vector] : [])];
        for (const vector of vectors) {
          expect(vector.length).toBe(records.count);
          for (let row = 0; row < records.count; row++) {
            const tag = vector.uniform ?? vector.tags[row];
            if (refused.has(row) && tag !== Tag.ABSENT)
              throw new Error(`row ${row} was refused and has a value`);
            if (tag === Tag.TEXT && textAddress(vector.views!, row) >= arena.top) throw new Error('outside');
            if (tag === Tag.JSON) JSON.parse(textAt(arena, vector, row));
            if (tag === Tag.TIMESTAMP && Number.isNaN(vector.numbers![row]!)) throw new Error('no time');
          }
        }
        const row = random.below(Math.max(records.count, 1));
        if (records.count > 0 && !refused.has(row)) {
          const document =
            all.document && (valueAt(arena, all.document.vector, row) as Record<string, unknown>);
          const fields = {
            ...(typeof document === 'object' ? document : {}),
            ...fieldsAt(arena, all.columns, row),
          };
          const names = Object.keys(fields).filter(
            (name) => fields[name] !== null && !name.includes('\ufffd'),
          );
          const some = decoder.decode(arena, records, only(...names), partition, seed * 1000);
          const found = fieldsAt(arena, some.columns, row);
          for (const name of names) expect(found[name]).toEqual(fields[name]);
        }
        accepted += records.count - refused.size;
      }),
      { numRuns: runs(RUNS) },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
