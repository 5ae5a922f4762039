import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runInThread } from '../support/run-pipeline.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const ORDERS = [
  { order: 1, boxes: [{ items: ['a', 'b'] }, { items: [] }, { items: ['c'] }] },
  { order: 2, boxes: [] },
  { order: 3, boxes: [{ items: ['d'] }] },
];
const LINES = ORDERS.map((order) => JSON.stringify(order));
const offsetOf = (record: number) => LINES.slice(0, record).join('\n').length + (record > 0 ? 1 : 0);
/** For each record that comes out, the places of its box and its item; a list that is empty gives none. */
const PLACES = [['/0/0', '/0/1', '/1', '/2/0'], [''], ['/0/0']];

/** @param options what is added to the stages behind `boxes` */
async function idsOf(options: string, middle = '', last = 'items'): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ids-'));
  folders.push(folder);
  writeFileSync(join(folder, 'in.ndjson'), `${LINES.join('\n')}\n`);
  const yaml = `
name: ids
sources: { in: { type: file, paths: ["${join(folder, 'in.ndjson')}"], format: json } }
transforms:
  boxes: { type: explode, inputs: [in], field: boxes, into: box }
  opened: { type: map, inputs: [boxes], set: { items: box.items } ${options} }
  items: { type: explode, inputs: [opened], field: items, into: item ${options} }
${middle}
  named: { type: map, inputs: [${last}], set: { id: meta.id, same: 'meta.id + string([1].size())' } ${options} }
sinks: { out: { type: file, inputs: [named], path: "${join(folder, 'out')}", format: json } }
runtime: { state: "${join(folder, 'state')}" }
`;
  await runInThread(yaml, join(folder, 'pipeline.yaml'));
  const records = readFileSync(join(folder, 'out'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { id: string; same: string; was?: string });
  // The interpreter gives what the kernel does.
  for (const { id, same, was } of records) {
    expect(same).toBe(`${id}1`);
    // What a function was told is the id that the record had then.
    if (was !== undefined) expect(id).toBe(`${was}/0`);
  }
  const prefix = `in:${join(folder, 'in.ndjson')}:`;
  return records.map(({ id }) => {
    expect(id.startsWith(prefix)).toBe(true);
    return id.slice(prefix.length);
  });
}

const EXPECTED = PLACES.flatMap((places, record) => places.map((place) => `${offsetOf(record)}${place}`));

describe('records that are made of the items of lists', () => {
  it.each([
    ['in one trip', ''],
    ['through queues in memory', ', queue: memory'],
    ['through queues on disk', ', queue: disk'],
  ])('have ids of their own: that of their record, and their places, %s', async (_, options) => {
    expect(await idsOf(options)).toEqual(EXPECTED);
  });

  it('keep them where some are left out', async () => {
    const middle = `  some: { type: filter, inputs: [items], where: 'item == "b" || item == "d"' }`;
    const [first, second] = await idsOf('', middle, 'some');
    expect([first, second]).toEqual([`0/0/1`, `${offsetOf(2)}/0/0`]);
  });

  it('say them to functions of the user, and get more where those make several of one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-ids-'));
    folders.push(folder);
    const module = join(folder, 'twice.mjs');
    writeFileSync(module, 'export default ({ item }, { id }) => [{ was: id }, { item }];');
    const middle = `  twice: { type: javascript, inputs: [items], module: "${module}" }`;
    expect(await idsOf('', middle, 'twice')).toEqual(EXPECTED.flatMap((id) => [`${id}/0`, `${id}/1`]));
  });

  it('are no repetitions of each other, but of themselves', async () => {
    const once = '  once: { type: dedupe, inputs: [items] }';
    expect(await idsOf('', once, 'once')).toEqual(EXPECTED);
    const twice = `  again: { type: filter, inputs: [items], where: 'true' }
  once: { type: dedupe, inputs: [items, again] }`;
    expect((await idsOf('', twice, 'once')).sort()).toEqual([...EXPECTED].sort());
  });
});
