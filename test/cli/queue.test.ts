import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as flechette from '@uwdata/flechette';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { StateLock } from '../../src/runtime/state-lock.js';
import { type Ended, inProcess, lines, records, start, temporaryFolder, write } from './support.js';

interface Shop {
  readonly root: string;
  readonly file: string;
  /** Writes the pipeline anew; `{}` stands for the folder. */
  write(stages: string): void;
  run(...options: string[]): Promise<void>;
  queue(verb: string, ...options: string[]): Promise<Ended>;
}

const STAGES = `
sources: { in: { type: file, paths: ["{}/in.ndjson"], format: json } }
transforms:
  even: { type: filter, inputs: [in], where: n % 2 == 0, queue: { type: disk, partitions: 3, key: n, retain: { age: 1d } } }
sinks:
  out: { type: file, inputs: [even], path: "{}/out.ndjson", queue: disk }
  all: { type: file, inputs: [in], path: "{}/all.ndjson", queue: { type: disk, retain: { age: 7d } } }
`;

const COUNT = 300;
const RECORDS = Array.from({ length: COUNT }, (_, n) => ({ n, name: `record ${n}`.padEnd(n % 30, '.') }));

function shop(stages = STAGES): Shop {
  const root = temporaryFolder();
  write(root, 'in.ndjson', RECORDS.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const file = join(root, 'shop.yaml');
  const head = `name: shop\nruntime: { state: "${root}/state", workers: 1 }\n`;
  const writeStages = (text: string) => writeFileSync(file, head + text.replaceAll('{}', root));
  writeStages(stages);
  return {
    root,
    file,
    write: writeStages,
    run: async (...options) => {
      const { code, err } = await inProcess('run', file, '--quiet', '--workers', '0', ...options);
      expect({ code, err }).toEqual({ code: 0, err: '' });
    },
    queue: (verb, ...options) => inProcess('queue', verb, file, ...options),
  };
}

/** Without what differs from run to run, and without the widths that depend on it. */
const steady = (text: string) =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '2026-01-02T03:04:05Z')
    .replaceAll(/[\d.]+ KiB/g, '9.9 KiB')
    .replaceAll(/(?<=\S) {2,}/g, '  ');
const numbersIn = (text: string) => lines(text).map((line) => (JSON.parse(line) as { n: number }).n);
const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

describe('millrace queue', () => {
  it('says what it can do', async () => {
    const { code, out } = await inProcess('queue', '--help');
    expect(code).toBe(0);
    for (const verb of ['list', 'show', 'read', 'export', 'reset']) {
      expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
    }
  });

  it('tells that nothing has run yet, and that there are no queues', async () => {
    const one = shop();
    const { code, err } = await one.queue('list');
    expect({ code, err }).toEqual({
      code: 1,
      err: `error: no durable queues: nothing has run with this state folder (${one.root}/state/shop)\n`,
    });
    one.write(
      'sources: { in: { type: generate, kind: access_log, count: 1 } }\nsinks: { out: { type: file, inputs: [in], path: "{}/o" } }\n',
    );
    await one.run();
    expect((await one.queue('list')).out).toBe('no durable queues: "queue: disk" gives a stage one\n');
    expect((await one.queue('show', 'out')).err).toBe(
      'error: there is no durable queue in front of "out": the pipeline has none; "queue: disk" gives a stage one\n',
    );
  });

  it.each([
    [['read', 'evn'], 'there is no durable queue in front of "evn" (did you mean "even"?)'],
    [['read', 'even', '--partition', '7'], 'has no partition "7": it has in/0, in/1, in/2'],
    [['read', 'even', '--where', 'n >'], '--where: '],
    [['read', 'even', '--from', 'soon'], 'expected earliest, latest, committed, an offset such as 1200'],
    [['export', 'even'], "required option '-o, --output <file>' not specified"],
    [['reset', 'even'], "required option '--to <point>' not specified"],
    [['list', '--set', 'sinks.out.pth=x'], 'did you mean "path"?'],
  ])('refuses %j', async ([verb, ...rest], message) => {
    const { run, queue } = shop();
    await run();
    const { code, err, out } = await queue(verb!, ...rest);
    expect(code).toBeGreaterThan(0);
    expect(out).toBe('');
    expect(err).toContain(message);
  });
});

describe('queue list and show', () => {
  it('show what is in them and how far each stage is', async () => {
    const { run, queue } = shop();
    await run();
    const list = await queue('list');
    expect(list).toMatchObject({ code: 0, err: '' });
    expect(steady(list.out)).toMatchInlineSnapshot(`
      "queue  fed by  partitions  records  size  oldest  group  committed  lag
      even  in  3  300  9.9 KiB  2026-01-02T03:04:05Z  even  0
      out  even  1  0  0 B  out  150  0
      all  in  1  300  9.9 KiB  2026-01-02T03:04:05Z  all  300  0
      "
    `);
    expect(steady((await queue('show', 'even')).out)).toMatchInlineSnapshot(`
      "queue of even
        type  disk
        fed by  in
        max_bytes  1GiB
        partitions  3
        key  n
        retain  { age: 1d }
        sync  checkpoint

      partition  first  next  records  size  oldest  even: committed  lag
      in/0  0  100  100  9.9 KiB  2026-01-02T03:04:05Z  100  0
      in/1  0  93  93  9.9 KiB  2026-01-02T03:04:05Z  93  0
      in/2  0  107  107  9.9 KiB  2026-01-02T03:04:05Z  107  0
      "
    `);
    expect(steady((await queue('show', 'out')).out)).toMatchInlineSnapshot(`
      "queue of out
        type  disk
        fed by  even
        max_bytes  1GiB
        partitions  1
        sync  checkpoint

      partition  first  next  records  size  oldest  out: committed  lag
      even/0  150  150  0  0 B  150  0
      "
    `);
  });

  it('write JSON', async () => {
    const { run, queue } = shop();
    await run();
    const [even, out, all] = lines((await queue('list', '--format', 'json')).out).map((line) =>
      JSON.parse(line),
    );
    expect(all).toEqual({
      stage: 'all',
      producers: ['in'],
      partitions: [
        {
          partition: 'in/0',
          firstOffset: 0,
          nextOffset: COUNT,
          records: COUNT,
          bytes: expect.any(Number),
          oldest: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      ],
      groups: [{ name: 'all', committed: { 'in/0': COUNT }, lag: 0 }],
    });
    expect(out).toMatchObject({ partitions: [{ records: 0 }], groups: [{ lag: 0 }] });
    expect(even.partitions).toHaveLength(3);
  });
});

describe('queue read', () => {
  it('prints records as they were put in, all or between offsets', async () => {
    const { root, run, queue } = shop();
    await run();
    const all = await queue('read', 'all');
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.out).toBe(readFileSync(join(root, 'in.ndjson'), 'utf8'));
    expect(numbersIn((await queue('read', 'all', '--from', '7', '--to', '10')).out)).toEqual([7, 8, 9]);
    expect(numbersIn((await queue('read', 'all', '--from', '298')).out)).toEqual([298, 299]);
    expect(numbersIn((await queue('read', 'all', '--limit', '2')).out)).toEqual([0, 1]);
    expect((await queue('read', 'all', '--from', 'committed')).out).toBe('');
  });

  it('chooses by expressions, partitions and times', async () => {
    const { run, queue } = shop();
    await run();
    const where = await queue('read', 'even', '--where', 'n >= 295 && name.contains("record")');
    expect(ascending(numbersIn(where.out))).toEqual([295, 296, 297, 298, 299]);
    const first = await queue('read', 'even', '--where', 'n > 0', '--limit', '3');
    expect(numbersIn(first.out)).toHaveLength(3);
    const parts = await Promise.all(
      ['0', '1', 'in/2'].map((name) => queue('read', 'even', '--partition', name)),
    );
    expect(ascending(parts.flatMap(({ out }) => numbersIn(out)))).toEqual(RECORDS.map(({ n }) => n));
    expect((await queue('read', 'all', '--from', '1h')).out).toBe((await queue('read', 'all')).out);
    expect((await queue('read', 'all', '--to', '1h')).out).toBe('');
    expect((await queue('read', 'all', '--from', '2099-01-01')).out).toBe('');
  });

  it('says for how many records the expression has no value', async () => {
    const { run, queue } = shop();
    await run();
    const { err, out } = await queue('read', 'all', '--where', 'int(name) > 0');
    expect(out).toBe('');
    expect(err).toBe(`warning: --where could not be evaluated for ${COUNT} records, which are left out\n`);
  });

  it('reads what waits while a run holds the folder', async () => {
    const { root, run, queue } = shop();
    await run();
    const lock = await StateLock.take(join(root, 'state/shop'));
    try {
      expect(numbersIn((await queue('read', 'all', '--limit', '1')).out)).toEqual([0]);
    } finally {
      await lock.release();
    }
  });
});

describe('queue export', () => {
  it('writes files that others read', async () => {
    const { root, run, queue } = shop();
    await run();
    const path = (name: string) => join(root, name);
    for (const format of ['json', 'arrow', 'parquet']) {
      const ended = await queue('export', 'all', '--format', format, '-o', path(`100% {all}.${format}`));
      expect(ended).toEqual({
        code: 0,
        signal: null,
        out: '',
        err: `${COUNT} records written to ${path(`100% {all}.${format}`)}\n`,
      });
    }
    expect(records(path('100% {all}.json'))).toEqual(RECORDS);
    // Nobody knows the fields of JSON beforehand: a record is one column.
    const table = flechette.tableFromIPC(readFileSync(path('100% {all}.arrow')));
    expect([...table].map((row) => JSON.parse((row as { document: string }).document))).toEqual(RECORDS);
    const file = await asyncBufferFromFile(path('100% {all}.parquet'));
    const rows = await parquetReadObjects({ file, compressors: { GZIP: (bytes) => gunzipSync(bytes) } });
    expect(rows.map(({ document }) => document)).toEqual(RECORDS);
  });

  it('overwrites no file', async () => {
    const { root, run, queue } = shop();
    await run();
    const path = write(root, 'there', 'before');
    expect(await queue('export', 'all', '-o', path)).toMatchObject({
      code: 1,
      err: `error: ${path} is there already, and is not overwritten\n`,
    });
    expect(readFileSync(path, 'utf8')).toBe('before');
  });
});

describe('queue reset', () => {
  const outNumbers = ({ root }: Shop, name: string) => records(join(root, name)).map(({ n }) => n as number);

  it('lets a stage get records again, exactly those from there on', async () => {
    const one = shop();
    await one.run();
    const unsure = await one.queue('reset', 'all', '--to', '290');
    expect(unsure).toMatchObject({ code: 1, out: '' });
    expect(unsure.err).toMatchInlineSnapshot(`
      "in/0  300  →  290
      "all" gets 10 records again: they are written again
      error: nothing was changed; with --yes it is
      "
    `);
    await one.run();
    expect(outNumbers(one, 'all.ndjson')).toHaveLength(COUNT);
    expect((await one.queue('reset', 'all', '--to', '290', '--yes')).out).toBe(
      'the next run goes on there\n',
    );
    expect((await one.queue('list')).out).toMatch(/ 290 +10\n/);
    await one.run();
    const again = RECORDS.slice(290).map(({ n }) => n);
    expect(outNumbers(one, 'all.ndjson')).toEqual([...RECORDS.map(({ n }) => n), ...again]);
    // The others have not moved.
    expect(outNumbers(one, 'out.ndjson')).toHaveLength(COUNT / 2);
    expect((await one.queue('reset', 'all', '--to', 'latest')).out).toBe(
      'the stage "all" goes on there anyway\n',
    );
  });

  it('lets a stage pass records over', async () => {
    const one = shop();
    await one.run();
    await one.queue('reset', 'even', '--to', 'earliest', '--yes');
    const { err } = await one.queue('reset', 'even', '--to', 'latest', '--yes');
    expect(err).toContain(`"even" never gets ${COUNT} records that it has not read\n`);
    await one.run();
    expect(outNumbers(one, 'out.ndjson')).toHaveLength(COUNT / 2);
  });

  it('waits its turn: while the pipeline runs, nothing is changed', async () => {
    const one = shop();
    await one.run();
    const lock = await StateLock.take(join(one.root, 'state/shop'));
    try {
      const { code, err } = await one.queue('reset', 'all', '--to', 'earliest', '--yes');
      expect(code).toBe(1);
      expect(err).toContain('is in use by process');
    } finally {
      await lock.release();
    }
    expect((await one.queue('list')).out).toContain('all');
  });
});

describe('a queue that is taken out of the file', () => {
  const WITHOUT = `
sources: { in: { type: file, paths: ["{}/in.ndjson"], format: json } }
sinks: { all: { type: file, inputs: [in], path: "{}/all.ndjson" } }
`;

  it('is an error while records wait in it, until they are read or given up', async () => {
    const one = shop();
    await one.run();
    await one.queue('reset', 'even', '--to', '50', '--yes');
    one.write(WITHOUT);
    const refused = await inProcess('run', one.file, '--no-progress', '--workers', '0');
    expect(refused.code).toBe(1);
    const list = await one.queue('list');
    expect(list.out).toContain('not in the file any more: all, even, out\n');
    const waiting = Number(/^even .* (\d+)$/m.exec(list.out)![1]);
    expect(waiting).toBe(COUNT - 150);
    const exported = join(one.root, 'left.ndjson');
    expect(await one.queue('export', 'even', '--from', 'committed', '-o', exported)).toMatchObject({
      code: 0,
    });
    expect(records(exported)).toHaveLength(waiting);
    expect(await one.queue('reset', 'even', '--to', 'latest', '--yes')).toMatchObject({ code: 0 });
    await one.run();
    await one.run();
    expect(records(join(one.root, 'all.ndjson'))).toHaveLength(COUNT);
  });

  it('says which records nobody would read', async () => {
    const one = shop();
    await one.run();
    await one.queue('reset', 'all', '--to', '290', '--yes');
    one.write(WITHOUT);
    const { ended } = start(['run', one.file, '--no-progress']);
    const { code, err } = await ended;
    expect(code).toBe(1);
    expect(err).toContain(
      'nobody would read what waits in durable queues that are not in the file any more: 10 records in front of \\"all\\"',
    );
    await one.run('--fresh');
  });
});
