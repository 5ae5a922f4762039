import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, type Records } from '../../src/batch/index.js';
import { COMBINED_FORMAT, COMMON_FORMAT } from '../../src/formats/access/index.js';
import { AccessLine, COMBINED_FIELDS } from '../../src/formats/access/line.js';
import { runs } from '../support/property.js';
import { ALL, decodeAll, fieldsAt, only, placeRecords } from './support.js';

const combined = () => COMBINED_FORMAT.decoder!.create({ type: 'combined' });
const common = () => COMMON_FORMAT.decoder!.create({ type: 'common' });
const shared = new URL('../../../shared/', import.meta.url);
const sampleLog = new URL('data/apache_access_10k.log', shared);

const COMMON_LINE = '127.0.0.1 bob frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326';
const COMBINED_LINE = `${COMMON_LINE} "http://example.com/start" "Mozilla/5.0 (X11)"`;
const micros = (iso: string) => ({ micros: Date.parse(iso) * 1000 });
const WHOLE = {
  host: '127.0.0.1',
  identity: 'bob',
  user: 'frank',
  timestamp: micros('2000-10-10T20:55:36Z'),
  method: 'GET',
  path: '/apache_pb.gif',
  protocol: 'HTTP/1.0',
  status: 200,
  size: 2326,
};

/** A line with one part replaced. */
function line(parts: Partial<Record<'who' | 'time' | 'request' | 'numbers' | 'rest', string>>): string {
  const { who = '1.2.3.4 - -', time = '[17/May/2015:10:05:03 +0000]', request = '"GET / HTTP/1.1"' } = parts;
  return `${who} ${time} ${request} ${parts.numbers ?? '200 5'} ${parts.rest ?? '"-" "-"'}`;
}

function combinedRow(text: string): Record<string, unknown> | string {
  return decodeAll(combined(), [text]).rows[0]!;
}

describe('access logs', () => {
  it('decodes the lines of the documentation of httpd', () => {
    expect(decodeAll(common(), [COMMON_LINE]).rows).toEqual([WHOLE]);
    expect(combinedRow(COMBINED_LINE)).toEqual({
      ...WHOLE,
      referrer: 'http://example.com/start',
      agent: 'Mozilla/5.0 (X11)',
    });
  });

  it('takes "-" for an absent field, with or without its brackets and quotes', () => {
    const rows = decodeAll(common(), ['- - - - - - -', '- - - [-] "-" - -']).rows;
    expect(rows).toEqual([{}, {}]);
    expect(combinedRow('- - - - - - - - -')).toEqual({});
    expect(combinedRow(line({ rest: '"" -' }))).toMatchObject({ referrer: '' });
  });

  it('keeps the order of the fields and gives only those wanted', () => {
    const { columns } = decodeAll(combined(), [COMBINED_LINE], { wanted: only('size', 'host', 'other') });
    expect([...columns.keys()]).toEqual(['host', 'size']);
    expect([...decodeAll(combined(), [COMBINED_LINE]).columns.keys()]).toEqual(
      COMBINED_FIELDS.map(({ name }) => name),
    );
  });

  it.each([
    ['GET /a b HTTP/1.1', { method: 'GET', path: '/a b', protocol: 'HTTP/1.1' }],
    ['  GET   /a   HTTP/1.1 ', { method: 'GET', path: '/a', protocol: 'HTTP/1.1' }],
    ['GET /say\\"hi\\" HTTP/1.1', { method: 'GET', path: '/say\\"hi\\"', protocol: 'HTTP/1.1' }],
    ['GET /\\\\ HTTP/1.1', { method: 'GET', path: '/\\\\', protocol: 'HTTP/1.1' }],
    ['M-SEARCH * HTTP/1.1', { method: 'M-SEARCH', path: '*', protocol: 'HTTP/1.1' }],
    ['GET /', {}],
    ['', {}],
    ['-', {}],
    ['\\x16\\x03\\x01 a b', {}],
  ])('splits the request "%s"', (request, expected) => {
    const row = combinedRow(line({ request: `"${request}"` }));
    const { method, path, protocol } = row as Record<string, unknown>;
    expect({ method, path, protocol }).toEqual({
      method: undefined,
      path: undefined,
      protocol: undefined,
      ...expected,
    });
  });

  it('lets user names hold spaces, and more fields follow the agent', () => {
    expect(combinedRow(line({ who: '::1 - John Q. Doe' }))).toMatchObject({
      host: '::1',
      user: 'John Q. Doe',
    });
    expect(combinedRow(line({ rest: '"-" "curl" "10.0.0.1" 0.003' }))).toMatchObject({ agent: 'curl' });
  });

  it('keeps integers of any length exact', () => {
    const rows = decodeAll(combined(), [
      line({ numbers: '200 9007199254740993' }),
      line({ numbers: '200 000000000000000000007' }),
      line({ numbers: '200 99999999999999999999999' }),
      line({ numbers: '007 1' }),
    ]).rows as Record<string, unknown>[];
    expect(rows.map((row) => row.size)).toEqual([9007199254740993n, 7, 99999999999999999999999n, 1]);
    expect(rows[3]!.status).toBe(7);
  });

  it('knows the calendar, time zones and leap seconds', () => {
    const times: [string, string][] = [
      ['29/Feb/2000:23:59:60 +0000', '2000-03-01T00:00:00Z'],
      ['01/jan/2024:00:00:00 +0530', '2023-12-31T18:30:00Z'],
      ['31/DEC/1969:23:59:59 -0100', '1970-01-01T00:59:59Z'],
    ];
    for (const [text, iso] of times)
      expect(combinedRow(line({ time: `[${text}]` }))).toMatchObject({ timestamp: micros(iso) });
  });

  it.each([
    ['not a common log line', 'expected "[" before the timestamp at column 13'],
    [
      line({ time: '[1234]' }),
      'expected a time such as 10/Oct/2000:13:55:36 -0700, found "1234" at column 14',
    ],
    [
      line({ time: '[29/Feb/2015:10:05:03 +0000]' }),
      'expected a day from 1 to 28 in Feb 2015, found 29 at column 14',
    ],
    [
      line({ time: '[17/Foo/2015:10:05:03 +0000]' }),
      'expected a month from Jan to Dec, found "Foo" at column 14',
    ],
    [line({ time: '[17/May/2015:24:05:03 +0000]' }), 'expected an hour from 0 to 23, found 24 at column 14'],
    [line({ time: '[17/May/2015:10:60:03 +0000]' }), 'expected a minute from 0 to 59, found 60 at column 14'],
    [line({ time: '[17/May/2015:10:05:61 +0000]' }), 'expected a second from 0 to 60, found 61 at column 14'],
    [line({ numbers: '2x0 5' }), 'expected a status in digits or "-" at column 59'],
    [line({ numbers: '200 5k' }), 'expected a size in digits or "-" at column 63'],
    [
      line({ rest: '"-" "Mozilla' }),
      'expected a closing quote at column 77 for the user agent that begins at column 69',
    ],
    [line({ rest: '"-" "a"b' }), 'expected a space at column 72'],
    [
      COMMON_LINE,
      'expected a quoted referrer or "-" at column 88 (a line that ends after the size has the format common)',
    ],
    ['', 'expected a host at column 1'],
    ['a', 'expected an identity or "-" at column 2'],
  ])('says what is wrong with %s', (text, message) => {
    expect(combinedRow(text)).toBe(message);
  });

  it('points from common to combined', () => {
    expect(decodeAll(common(), [COMBINED_LINE]).rows[0]).toContain('has the format combined');
  });

  it.skipIf(!existsSync(sampleLog))(
    'decodes the shared 10,000 lines but the one without a closing quote',
    () => {
      const lines = readFileSync(sampleLog, 'latin1').split('\n').slice(0, -1);
      const { rows, refused } = decodeAll(
        combined(),
        lines.map((text) => Buffer.from(text, 'latin1')),
      );
      expect(refused.map(({ row }) => row + 1)).toEqual([8899]);
      expect(rows).toHaveLength(10_000);
      const sizes = rows.map((row) => (typeof row === 'string' ? 0 : ((row.size as number) ?? 0)));
      expect(sizes.reduce((a, b) => a + b, 0)).toBe(2_747_282_505);
    },
  );
});

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec', 'Xyz'];
const two = (n: number) => String(n).padStart(2, '0');
const time = fc
  .tuple(
    fc.nat(32),
    fc.constantFrom(...MONTHS),
    fc.nat(9999),
    fc.nat(24),
    fc.nat(60),
    fc.nat(61),
    fc.nat(24),
    fc.nat(60),
  )
  .map(([day, month, year, h, m, s, zh, zm]) => {
    const date = `${two(day)}/${month}/${String(year).padStart(4, '0')}`;
    return `[${date}:${two(h)}:${two(m)}:${two(s)} ${zm % 2 ? '+' : '-'}${two(zh)}${two(zm)}]`;
  });
const word = fc.string({
  unit: fc.constantFrom('a', 'Z', '-', '1', '"', '\\', '[', 'é', '/'),
  maxLength: 18,
});
/** Texts whose ends fall on all sides of the kernel's steps of 16 and 64 bytes, and of the 169 that it looks ahead. */
const longWord = fc.tuple(fc.nat(300), word).map(([length, rest]) => 'x'.repeat(length) + rest);
const anyWord = fc.oneof({ weight: 3, arbitrary: word }, longWord);
const request = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('GET', 'POST', '-', 'X Y', 'M-SEARCH', 'get', 'A'.repeat(16), 'A'.repeat(17)),
      anyWord,
      fc.constantFrom('HTTP/1.1', '-', 'HTTP/2.0'),
    )
    .map((parts) => `"${parts.join(' ')}"`),
  anyWord.map((text) => `"${text}"`),
);
const number = fc.oneof(
  fc.constantFrom('-', '200', '007', '-1'),
  fc.nat(99_999_999).map(String),
  fc.nat().map(String),
  fc.bigInt({ min: 0n }).map(String),
  word,
);
const nearLine = fc
  .tuple(
    anyWord,
    word,
    word,
    time,
    request,
    number,
    number,
    anyWord,
    anyWord,
    fc.constantFrom('', ' x', 'x', ' '),
  )
  .map(
    ([host, identity, user, at, req, status, size, referrer, agent, rest]) =>
      `${host} ${identity} ${user} ${at} ${req} ${status} ${size} "${referrer}" "${agent}"${rest}`,
  );
const lackingLine = fc.tuple(nearLine, fc.nat(12)).map(([text, field]) => {
  const fields = text.split(' ');
  fields.splice(field, 1);
  return fields.join(' ');
});
const commonLine = fc
  .tuple(anyWord, time, request, number, number, fc.constantFrom('', ' ', ' x'))
  .map(([host, at, req, status, size, rest]) => `${host} - - ${at} ${req} ${status} ${size}${rest}`);
const anyLine = fc.oneof(
  { weight: 4, arbitrary: nearLine },
  lackingLine,
  commonLine,
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.constantFrom(COMBINED_LINE, COMMON_LINE),
);

/** Decodes the records and holds every row against the general parser. */
function expectAgreement(arena: Arena, records: Records, isCombined: boolean): void {
  const decoder = isCombined ? combined() : common();
  const { columns, refused } = decoder.decode(arena, records, ALL, { source: 'test', name: 'test.log' }, 0);
  const messages = new Map(refused.map(({ row, message }) => [row, message]));
  const general = new AccessLine(isCombined);
  for (let row = 0; row < records.count; row++) {
    const start = records.starts[row]!;
    const message = general.parse(arena.bytes, start, start + records.lengths[row]!, 0);
    expect(messages.get(row)).toBe(message);
    if (message !== undefined) continue;
    const fields = fieldsAt(arena, columns, row);
    for (const [index, name] of [...columns.keys()].entries()) {
      const text = Buffer.from(arena.bytes.subarray(general.starts[index]!, general.ends[index]!)).toString();
      const expected = general.starts[index] === 0 ? undefined : text;
      if (name === 'timestamp') {
        expect(fields[name]).toEqual(expected && { micros: general.numbers[index] });
      } else if (name === 'status' || name === 'size') {
        expect(fields[name]?.toString()).toBe(expected && BigInt(expected).toString());
      } else {
        expect(fields[name]).toBe(expected);
      }
    }
  }
}

describe('the two parsers of access logs', () => {
  it.each([
    ['combined', true],
    ['common', false],
  ])('agree on every line of %s, and neighbours do not matter', (_name, isCombined) => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 12 }), fc.nat(70), (texts, shift) => {
        const arena = new Arena(1 << 21);
        arena.allocate(shift);
        const lines = texts.map((text) => text.replaceAll('\n', ' '));
        expectAgreement(arena, placeRecords(arena, lines), isCombined);
      }),
      { numRuns: runs(400) },
    );
  });

  it('agree on which of many quotes ends a text, however long it is', () => {
    const marks = ['" '.repeat(6), '"" '.repeat(6), '\\" '.repeat(6), '\\\\" "'.repeat(3), ''];
    const texts = Array.from({ length: 190 }, (_, length) => 'x'.repeat(length));
    const lines = marks.flatMap((after) =>
      texts.flatMap((text) => [
        line({ rest: `"-" "${text}" ${after}` }),
        line({ rest: `"-" "${text}${after}"` }),
        line({ rest: `"${text}${after}" "${after}"` }),
        line({ request: `"GET /${text}${after} HTTP/1.1" ${after}` }),
        line({ request: `"GET /${text}${after} HTTP/1.1"` }),
      ]),
    );
    const arena = new Arena(1 << 22);
    expectAgreement(arena, placeRecords(arena, lines), true);
  });

  it('agree whatever the order of the records, and on records longer than a group of the kernel', () => {
    const long = line({ rest: `"-" "${'x'.repeat(17_000)}"` });
    const record = fc.oneof(
      { weight: 30, arbitrary: nearLine },
      { weight: 30, arbitrary: fc.constant(COMBINED_LINE) },
      fc.constantFrom(long, line({ rest: `"-" "${'y'.repeat(16_200)}"` })),
    );
    fc.assert(
      fc.property(fc.array(record, { minLength: 50, maxLength: 250 }), fc.boolean(), (texts, reversed) => {
        const arena = new Arena(1 << 23);
        const records = placeRecords(
          arena,
          texts.map((text) => text.replaceAll('\n', ' ')),
        );
        if (reversed) {
          records.starts.reverse();
          records.lengths.reverse();
        }
        expectAgreement(arena, records, true);
      }),
      { numRuns: runs(30) },
    );
  });

  it('refuse the same records whatever is wanted', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 6 }), (texts) => {
        const lines = texts.map((text) => text.replaceAll('\n', ' '));
        const refused = decodeAll(combined(), lines).refused;
        expect(decodeAll(combined(), lines, { wanted: only() }).refused).toEqual(refused);
      }),
      { numRuns: runs(50) },
    );
  });
});
