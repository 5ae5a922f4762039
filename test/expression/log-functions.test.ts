import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FieldError } from '../../src/config/fields.js';
import { compileExpression, functionChapters, parseExpression } from '../../src/expression/index.js';
import { maxMindFile } from './maxmind-file.js';
import { batchOf, type Cell, newArena, plainValuesOf } from './records.js';

const record: Readonly<Record<string, Cell>> = {
  client: { text: '10.1.2.3' },
  body: { json: '"{\\"a\\": [1, 2.50], \\"b\\": null}"' },
  empty: { json: 'null' },
};

/** What an expression gives; an error in constants, which is found before there is data, like any other. */
function evaluate(text: string): unknown {
  const arena = newArena();
  const batch = batchOf(arena, [record]);
  try {
    return plainValuesOf(arena, compileExpression(parseExpression(text)).evaluate(arena, batch))[0];
  } catch (error) {
    if (error instanceof FieldError) return { error: error.message };
    throw error;
  }
}

function mistakeIn(text: string): { message: string; offset: number } {
  try {
    parseExpression(text);
  } catch (error) {
    if (error instanceof FieldError) return { message: error.message, offset: error.offset };
    throw error;
  }
  throw new Error(`no mistake was found in ${text}`);
}

describe('values', () => {
  test.each([
    // The records of these tests were read on the 1st of May 2024.
    ['string(now())', '2024-05-01T00:00:00Z'],
    ['string(parse_timestamp("16/10/2019:12:00:00 +0200", "%d/%m/%Y:%H:%M:%S %z"))', '2019-10-16T10:00:00Z'],
    ['string(parse_timestamp("Apr 30 23:59:59", "%b %d %H:%M:%S"))', '2024-04-30T23:59:59Z'],
    ['string(parse_timestamp("Dec 31 23:59:59", "%b %d %H:%M:%S"))', '2023-12-31T23:59:59Z'],
    ['string(parse_timestamp("31/12/2019 12:00", "%d/%m/%Y %H:%M", "Europe/Paris"))', '2019-12-31T11:00:00Z'],
    ['string(parse_timestamp("1700000000.123456789", "%s%.f"))', '2023-11-14T22:13:20.123456789Z'],
    ['parse_timestamp("soon", "%Y-%m-%d")', { error: 'no time in the format "%Y-%m-%d": "soon"' }],
    [
      'format_timestamp(timestamp("2024-05-01T08:05:09.012345Z"), "%a %e %b %Y %I:%M:%S.%3f %p")',
      'Wed  1 May 2024 08:05:09.012 AM',
    ],
    [
      'format_timestamp(timestamp("2024-05-01T08:05:09.5Z"), "%+", "Asia/Kathmandu")',
      '2024-05-01T13:50:09.500+05:45',
    ],
    ['format_timestamp(timestamp("1969-12-31T23:59:59.999Z"), "%s %Q %L %%")', '-1 -1 999 %'],
    ['parse_duration("1d 2h", "h")', 26],
    ['parse_duration("-1s1ms", "ms")', -1001],
    ['parse_duration("2ds5cs", "ms")', 250],
    ['parse_duration("5 apples", "ms")', { error: 'no duration: "5 apples"' }],
    ['json(body).a[1] + 1.0', 3.5],
    ['json(body).missing', null],
    ['json("{\'a\': 1}")', { error: 'not a JSON value' }],
    ['json("01")', { error: 'not a JSON value' }],
    [
      'url("https://ann:pw@[2001:db8::1]:8443/a%20b?x=1&x=2&y=%C3%A9#top")',
      {
        json: '{"scheme":"https","username":"ann","password":"pw","host":"2001:db8::1","port":8443,"path":"/a%20b","query":{"x":["1","2"],"y":"é"},"fragment":"top"}',
      },
    ],
    ['url("/only/a/path")', { error: 'no URL: "/only/a/path"' }],
    ['query_string("a=1&b&a=2&=x").a', { json: '["1","2"]' }],
    ['query_string("").nothing', null],
    ['parse_int("-ff", 16)', -255n],
    ['parse_int("0b101")', 5n],
    ['parse_int("9223372036854775808")', { error: 'integer overflow' }],
    ['parse_int("12z")', { error: 'no int: "12z"' }],
    ['coalesce(empty, missing, client)', '10.1.2.3'],
    ['coalesce(client, 1 / 0)', '10.1.2.3'],
    ['coalesce(empty, 1 / 0)', { error: 'division by zero' }],
    ['redact("ann@example.org at 10.0.0.1", ["email"])', '[email] at 10.0.0.1'],
    ['redact(client, ["mail"])', { error: 'nothing to redact is called "mail", did you mean "email"?' }],
    ['sha256(client) == sha256(bytes(client))', true],
    ['sha256("é")', createHash('sha256').update('é').digest('hex')],
    ['xxhash("")', 'ef46db3751d8e999'],
    [
      'user_agent("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1")',
      {
        json: '{"browser":{"name":"Safari","version":"17.4"},"os":{"name":"iOS","version":"17.4"},"device":{"type":"mobile","vendor":"Apple","model":"iPhone"},"engine":{"name":"WebKit","version":"605.1.15"}}',
      },
    ],
    ['user_agent("")', { error: 'an empty text is no user agent' }],
  ] as const)('%s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });
});

describe('geoip', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-geoip-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'test.mmdb');
  // 10.0.0.0/8
  const place = {
    map: {
      city: { map: { names: { map: { en: 'Bonn' } } } },
      location: { map: { latitude: { double: 50 } } },
    },
  };
  writeFileSync(path, maxMindFile({ '00001010': place }));

  test('finds what the file says of an address', () => {
    expect(evaluate(`geoip(client, "${path}").city.names.en`)).toBe('Bonn');
    expect(evaluate(`geoip(client, "${path}").location.latitude`)).toBe(50);
    expect(evaluate(`geoip(client, "${path}").country.iso_code`)).toBe(null);
    expect(evaluate(`geoip("11.0.0.1", "${path}")`)).toBe(null);
  });

  test('says what is wrong', () => {
    expect(evaluate(`geoip(client + "!", "${path}")`)).toEqual({ error: 'no IP address: "10.1.2.3!"' });
    expect(mistakeIn('geoip(client, "/no/such.mmdb")')).toMatchObject({
      message: expect.stringContaining('cannot read the MaxMind file "/no/such.mmdb": ENOENT'),
      offset: 14,
    });
    const other = join(folder, 'other.mmdb');
    writeFileSync(other, 'nothing of the kind');
    expect(mistakeIn(`geoip(client, "${other}")`).message).toBe(`"${other}" is no MaxMind file`);
  });
});

describe('mistakes in constant arguments', () => {
  test.each([
    ['parse_timestamp(a, "%H:%M")', 19, 'a time format needs a day and a month (%m or %b, %d), %j or %s'],
    ['parse_timestamp(a, "%d %m", "Europe/Pariss")', 28, 'no time zone: "Europe/Pariss"'],
    [
      'format_timestamp(a, "%d %E")',
      20,
      'there is no conversion "%E" for times (see strftime; "%%" is a percent sign)',
    ],
    [
      'parse_duration(a, "fortnight")',
      18,
      'no unit of time: "fortnight"; there are ns, us, ms, cs, ds, s, m, h, d and w',
    ],
  ])('%s', (text, offset, message) => {
    expect(mistakeIn(text)).toEqual({ message, offset });
  });
});

test('every function is documented with an example that runs', () => {
  const functions = functionChapters().flatMap((chapter) => chapter.functions);
  expect(functions.filter(({ result }) => result === undefined).map(({ name }) => name)).toEqual(['geoip']);
  expect(functions.filter(({ summary, usages }) => !summary.endsWith('.') || usages.length === 0)).toEqual(
    [],
  );
  for (const { name, example } of functions) expect(example).toContain(name.split('.').at(-1)!);
});
