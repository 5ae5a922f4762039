import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadLetterFolder } from '../../src/runtime/dead-letters/index.js';
import { StateLock } from '../../src/runtime/state-lock.js';
import { type Given, runWithLetters, SEGMENT, stateFolder } from '../support/write-dead-letters.js';
import { type Ended, inProcess, lines, temporaryFolder, write } from './support.js';

const PIPELINE = `
name: shop
runtime: { state: STATE }
sources:
  web: { type: stdin, format: combined }
sinks:
  out: { type: file, inputs: [web], path: all.ndjson }
`;

const LETTERS: readonly Given[] = [
  { bytes: Buffer.from('GET /a') },
  { bytes: Buffer.from('GET /b'), code: 'too_long', message: 'it is "too" long', offset: 7 },
  { bytes: Buffer.of(0x66, 0xff, 0x00, 0x67), stage: 'kept', time: '2026-01-03T00:00:00.000Z', offset: 14 },
];

interface Shop {
  readonly root: string;
  readonly folder: string;
  dlq(verb: string, ...options: string[]): Promise<Ended>;
}

/** A pipeline that has run and left these letters, in blocks. */
async function shop(...blocks: readonly (readonly Given[])[]): Promise<Shop> {
  const root = temporaryFolder();
  const file = write(root, 'shop.yaml', PIPELINE.replace('STATE', join(root, 'state')));
  const folder = stateFolder(root);
  if (blocks.length > 0) await runWithLetters(folder, ...blocks);
  return { root, folder, dlq: (verb, ...options) => inProcess('dlq', verb, file, ...options) };
}

const idsOf = ({ out }: Ended) => lines(out).map((line) => (JSON.parse(line) as { id: number }).id);

describe('millrace dlq', () => {
  it('says what it can do', async () => {
    const { code, out } = await inProcess('dlq', '--help');
    expect(code).toBe(0);
    for (const verb of ['list', 'show', 'stats', 'export', 'discard']) {
      expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
    }
    expect(out).toContain('$ millrace dlq stats pipeline.yaml');
  });

  it.each(['list', 'stats', 'export', 'discard --all', 'show 1'])('%s: nothing has run yet', async (verb) => {
    const { folder, dlq } = await shop();
    const [name, ...rest] = verb.split(' ');
    expect(await dlq(name!, ...rest)).toMatchObject({
      code: 1,
      out: '',
      err: `error: no dead letters: nothing has run with this state folder (${folder})\n`,
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('is content where there are none', async () => {
    const { folder, dlq } = await shop();
    mkdirSync(folder, { recursive: true });
    write(folder, 'dead_letters.ndjson', 'of an earlier version\n');
    for (const verb of [['list'], ['stats'], ['discard', '--all']]) {
      expect(await dlq(...(verb as [string]))).toMatchObject({ code: 0, out: 'no dead letters\n', err: '' });
    }
    expect(await dlq('export')).toMatchObject({ code: 0, out: '', err: '' });
    expect(readFileSync(join(folder, 'dead_letters.ndjson'), 'utf8')).toBe('of an earlier version\n');
  });

  it('tells mistakes of the pipeline, and ends with 78', async () => {
    const { dlq } = await shop(LETTERS);
    const { code, err } = await dlq('list', '--set', 'sinks.out.pth=x');
    expect(code).toBe(78);
    expect(err).toContain('did you mean "path"?');
  });

  it('takes another state folder', async () => {
    const { root, dlq } = await shop(LETTERS);
    const { code, err } = await dlq('list', '--state', join(root, 'other'));
    expect(code).toBe(1);
    expect(err).toContain(join(root, 'other', 'shop'));
  });

  it.each([
    [['list', '--since', 'yesterday'], 'expected a time such as 2026-11-24T08:30Z, or a duration such as 1h'],
    [['list', '--limit', '0'], 'expected a whole number from 1'],
    [['show', 'first'], 'expected the number of a dead letter'],
    [['show'], "missing required argument 'id'"],
    [['purge'], "unknown command 'purge'"],
  ])('refuses %j', async ([verb, ...rest], message) => {
    const { dlq } = await shop(LETTERS);
    const { code, err } = await dlq(verb!, ...rest);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });
});

describe('dlq list', () => {
  it('shows a table', async () => {
    const { dlq } = await shop(LETTERS);
    const { code, out, err } = await dlq('list');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
      "id  time                  stage   code      source  position             tries  message                  record
       0  2026-01-02T03:04:05Z  parsed  no_match  web     /logs/access.log:0       1  the line does not match  GET /a
       1  2026-01-02T03:04:05Z  parsed  too_long  web     /logs/access.log:7       1  it is "too" long         GET /b
       2  2026-01-03T00:00:00Z  kept    no_match  web     /logs/access.log:14      1  the line does not match  bytes 66ff0067
      "
    `);
  });

  it('shows the oldest, and says how many more there are', async () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ offset: i }));
    const { dlq } = await shop(many, many);
    const { out } = await dlq('list');
    expect(lines(out)).toHaveLength(1 + 50 + 1);
    expect(lines(out).at(-1)).toBe(
      'and 10 more: --limit shows more of them, --stage, --code and --since fewer',
    );
    expect(lines((await dlq('list', '--limit', '2')).out).at(-1)).toMatch(/^and 58 more/);
    expect((await dlq('list', '--limit', '60')).out).not.toContain('more');
  });

  it('writes JSON, all of it unless told otherwise', async () => {
    const { dlq } = await shop(LETTERS.concat(Array.from({ length: 60 }, () => ({}))));
    const all = await dlq('list', '--format', 'json');
    expect(idsOf(all)).toEqual(Array.from({ length: 63 }, (_, i) => i));
    expect(JSON.parse(lines(all.out)[1]!)).toEqual({
      id: 1,
      pipeline: 'shop',
      source: 'web',
      partition: '/logs/access.log',
      offset: 7,
      stage: 'parsed',
      code: 'too_long',
      message: 'it is "too" long',
      attempts: 1,
      time: '2026-01-02T03:04:05.678Z',
      record: 'GET /b',
    });
    expect(idsOf(await dlq('list', '--format', 'json', '--limit', '2'))).toEqual([0, 1]);
  });

  it.each([
    [['--stage', 'kept'], [2]],
    [
      ['--stage', 'kept', '--stage', 'parsed', '--code', 'no_match'],
      [0, 2],
    ],
    [['--source', 'mail'], []],
    [['--since', '2026-01-03'], [2]],
    [['--since', '2026-01-02T03:04:05.679Z'], [2]],
    [
      ['--since', '2026-01-02 03:04'],
      [0, 1, 2],
    ],
    [
      ['--until', '2026-01-03T01:00+01:00'],
      [0, 1],
    ],
    [['--since', '1h'], []],
    [
      ['--until', '1s'],
      [0, 1, 2],
    ],
  ])('chooses by %j', async (options, ids) => {
    const { dlq } = await shop(LETTERS);
    expect(idsOf(await dlq('list', '--format', 'json', ...options))).toEqual(ids);
  });

  it('says when nothing was chosen', async () => {
    const { dlq } = await shop(LETTERS);
    expect(await dlq('list', '--stage', 'none')).toMatchObject({
      code: 0,
      out: 'no dead letters like that\n',
    });
  });

  it('does nothing to a terminal, whatever a record holds', async () => {
    const nasty = 'a\u001b[2Jb\u009bc\u202ed\ne';
    const { dlq } = await shop([
      { bytes: Buffer.from(nasty), message: nasty, partition: nasty, code: nasty },
    ]);
    const { out } = await dlq('list', '--limit', '9');
    expect(out).toContain('a\\u001b[2Jb\\u009bc\\u202ed\\ne');
    expect(lines(out)).toHaveLength(2);
    for (const text of [out, (await dlq('show', '0')).out, (await dlq('stats')).out]) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }
  });
});

describe('dlq show', () => {
  it('shows text as it stands, and other bytes as a dump', async () => {
    const { dlq } = await shop(LETTERS);
    const { code, out } = await dlq('show', '2', '0');
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "dead letter 0
        time      2026-01-02T03:04:05.678Z
        pipeline  shop
        stage     parsed
        code      no_match
        message   the line does not match
        source    web
        position  /logs/access.log, byte 0
        attempts  1
        record    6 bytes
      GET /a

      dead letter 2
        time      2026-01-03T00:00:00.000Z
        pipeline  shop
        stage     kept
        code      no_match
        message   the line does not match
        source    web
        position  /logs/access.log, byte 14
        attempts  1
        record    4 bytes
      00000000  66 ff 00 67                                       |f..g|
      "
    `);
  });

  it('dumps long records in rows', async () => {
    const { dlq } = await shop([
      { bytes: Buffer.from(Array.from({ length: 37 }, (_, i) => 0xf0 + (i % 16))) },
    ]);
    expect(lines((await dlq('show', '0')).out).slice(-3)).toEqual([
      '00000000  f0 f1 f2 f3 f4 f5 f6 f7  f8 f9 fa fb fc fd fe ff  |................|',
      '00000010  f0 f1 f2 f3 f4 f5 f6 f7  f8 f9 fa fb fc fd fe ff  |................|',
      '00000020  f0 f1 f2 f3 f4                                    |.....|',
    ]);
  });

  it('says which are not there', async () => {
    const { dlq } = await shop(LETTERS);
    const { code, out, err } = await dlq('show', '1', '9');
    expect(code).toBe(1);
    expect(out).toContain('dead letter 1');
    expect(err).toBe('error: there is no dead letter 9; "millrace dlq list" shows those that are there\n');
  });
});

describe('dlq stats', () => {
  it('counts by stage and code', async () => {
    const { dlq } = await shop(LETTERS, [{}, {}]);
    const { out } = await dlq('stats');
    expect(lines(out).slice(0, -1).join('\n')).toMatchInlineSnapshot(`
      "stage   code      letters   share   size  oldest                newest
      parsed                  4  80.0 %  851 B  2026-01-02T03:04:05Z  2026-01-02T03:04:05Z
              no_match        3  60.0 %  643 B  2026-01-02T03:04:05Z  2026-01-02T03:04:05Z
              too_long        1  20.0 %  208 B  2026-01-02T03:04:05Z  2026-01-02T03:04:05Z
      kept                    1  20.0 %  221 B  2026-01-03T00:00:00Z  2026-01-03T00:00:00Z
              no_match        1  20.0 %  221 B  2026-01-03T00:00:00Z  2026-01-03T00:00:00Z"
    `);
    expect(lines(out).at(-1)).toMatch(/^5 dead letters of 1\.\d KiB in all; .* on disk$/);
  });

  it('writes JSON', async () => {
    const { dlq } = await shop(LETTERS);
    const { out } = await dlq('stats', '--format', 'json', '--stage', 'parsed');
    const times = { oldest: '2026-01-02T03:04:05.678Z', newest: '2026-01-02T03:04:05.678Z' };
    expect(JSON.parse(out)).toMatchObject({
      letters: 2,
      ...times,
      diskBytes: expect.any(Number),
      stages: [
        {
          stage: 'parsed',
          letters: 2,
          share: 1,
          codes: [
            { code: 'no_match', letters: 1, share: 0.5, ...times },
            { code: 'too_long', letters: 1, share: 0.5 },
          ],
        },
      ],
    });
  });
});

describe('dlq export', () => {
  it('writes whole letters, chosen by number or otherwise', async () => {
    const { dlq } = await shop(LETTERS);
    const { out } = await dlq('export');
    expect(out).toBe((await dlq('list', '--format', 'json')).out);
    expect(idsOf(await dlq('export', '2', '0'))).toEqual([0, 2]);
    expect(idsOf(await dlq('export', '--stage', 'kept'))).toEqual([2]);
  });

  it('writes the original bytes, a record a line', async () => {
    const { root, dlq } = await shop(LETTERS);
    const path = join(root, 'raw');
    expect(await dlq('export', '--raw', '--output', path)).toMatchObject({
      code: 0,
      out: '',
      err: `3 dead letters written to ${path}\n`,
    });
    const expected = LETTERS.flatMap(({ bytes }) => [...bytes!, 0x0a]);
    expect([...readFileSync(path)]).toEqual(expected);
    expect((await dlq('export', '--raw', '0', '1')).out).toBe('GET /a\nGET /b\n');
  });

  it('overwrites no file', async () => {
    const { root, dlq } = await shop(LETTERS);
    const path = write(root, 'there', 'before');
    expect(await dlq('export', '--output', path)).toMatchObject({
      code: 1,
      err: `error: ${path} is there already, and is not overwritten\n`,
    });
    expect(readFileSync(path, 'utf8')).toBe('before');
  });
});

describe('dlq discard', () => {
  const left = async ({ dlq }: Shop) => idsOf(await dlq('list', '--format', 'json'));

  it('discards those that are meant, for ever, and says how many', async () => {
    const one = await shop(LETTERS, [{}, {}]);
    expect(await one.dlq('discard', '1', '3', '--yes')).toMatchObject({
      code: 0,
      out: 'discarded 2 dead letters\n',
    });
    expect(await left(one)).toEqual([0, 2, 4]);
    expect((await one.dlq('discard', '--stage', 'kept', '--yes')).out).toBe('discarded 1 dead letter\n');
    expect((await one.dlq('discard', '--stage', 'kept', '--yes')).out).toBe('no dead letters like that\n');
    await runWithLetters(one.folder, [{}]);
    expect(await left(one)).toEqual([0, 4, 5]);
    expect((await one.dlq('discard', '--all', '--yes')).out).toBe('discarded 3 dead letters\n');
    expect(await left(one)).toEqual([]);
  });

  it('reads around damage, and gets rid of it with all the rest', async () => {
    const one = await shop([{}], [{ message: 'damaged' }, {}], [{}]);
    const log = deadLetterFolder(one.folder, SEGMENT);
    const path = join(log, readdirSync(log).find((name) => name.endsWith('.log'))!);
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('damaged')]! ^= 1;
    writeFileSync(path, bytes);
    const { code, err } = await one.dlq('list');
    expect(code).toBe(0);
    expect(err).toMatch(/^warning: dead letters 1 to 2 cannot be read: \d+ B of the log are damaged\n$/);
    expect(await left(one)).toEqual([0, 3]);
    expect((await one.dlq('discard', '--all', '--yes')).out).toBe('discarded 2 dead letters\n');
    expect(await one.dlq('list')).toMatchObject({ out: 'no dead letters\n', err: '' });
  });

  it('asks for --yes where nobody can be asked', async () => {
    const one = await shop(LETTERS);
    expect(await one.dlq('discard', '--stage', 'parsed')).toMatchObject({
      code: 1,
      out: '',
      err: 'error: this would discard 2 dead letters for ever; with --yes it does\n',
    });
    expect(await left(one)).toEqual([0, 1, 2]);
  });

  it.each([
    [[], 'nothing says which dead letters'],
    [['--all', '--code', 'x'], '--all leaves nothing to choose'],
  ])('refuses %j', async (options, problem) => {
    const one = await shop(LETTERS);
    const { code, err } = await one.dlq('discard', '--yes', ...options);
    expect(code).toBe(1);
    expect(err).toContain(problem);
    expect(await left(one)).toEqual([0, 1, 2]);
  });

  it('leaves a running pipeline alone, which can be read nevertheless', async () => {
    const one = await shop(LETTERS);
    const lock = await StateLock.take(one.folder);
    const { code, err } = await one.dlq('discard', '0', '--yes');
    expect(code).toBe(1);
    expect(err).toContain(`is in use by process ${process.pid}`);
    expect(await left(one)).toEqual([0, 1, 2]);
    await lock.release();
  });
});
