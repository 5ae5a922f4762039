import { expect, it } from 'vitest';
import type { Sink } from '#component';
import { RejectingSink } from '../../src/runtime/dead-letters/index.js';

const letter = (source: string, more: object = {}) => ({ source, partition: 'p', offset: 7, ...more });

it('gives letters that are rejected back, and keeps all others, those of sources that are not there, too', async () => {
  const kept: { readonly letters: unknown[]; readonly records: number }[] = [];
  const letters: Sink = {
    open: async () => null,
    write: async ({ bytes, records }) => {
      const lines = Buffer.from(bytes).toString().trim().split('\n');
      kept.push({ letters: lines.map((line) => JSON.parse(line)), records });
    },
    prepare: async () => ({ state: null, durable: async () => {} }),
    close: async () => {},
  };
  const back: string[] = [];
  let rejected = 0;
  const sink = new RejectingSink({
    letters,
    reject: ({ source, offset }) => source === 'there' && back.push(`${source} ${offset}`) > 0,
    onRejected: (records) => {
      rejected += records;
    },
  });
  const said = { meta: { headers: { rejected: true } } };
  const blocks = [
    [letter('there'), letter('there', { record: '"rejected":true' })],
    [letter('there', { rejected: true }), letter('gone', { rejected: true }), letter('there', said)],
    [letter('there', { rejected: true })],
  ];
  for (const block of blocks) {
    const bytes = Buffer.from(block.map((one) => `${JSON.stringify(one)}\n`).join(''));
    await sink.write({ bytes, records: block.length }, new AbortController().signal);
  }
  expect(kept).toEqual([
    { letters: blocks[0], records: 2 },
    { letters: [letter('gone'), letter('there', said)], records: 2 },
  ]);
  expect(back).toEqual(['there 7', 'there 7']);
  expect(rejected).toBe(2);
});
