import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JSON_FORMAT } from '../../src/formats/json/index.js';
import { runs } from '../support/property.js';
import {
  arena,
  bytesOf,
  decode,
  partition,
  placeRecords,
  refusalOf,
  textsOf,
  wantedAll,
  wantedOnly,
} from './json-fixture.js';

describe('members of JSON records', () => {
  it('gives wanted members as the text that they have', () => {
    const { columns, document, refused } = decode(
      [
        '{"level":"error","status":500,"request":{"a":1},"x":null}',
        ' { "status" : [1, 2] , "level":"a\\"b" }\t',
      ],
      wantedOnly('level', 'status', 'request', 'x', 'missing'),
    );
    expect(refused).toEqual([]);
    expect(document).toBeUndefined();
    expect([...columns.keys()]).toEqual(['level', 'status', 'request', 'x', 'missing']);
    expect(textsOf(columns.get('level'))).toEqual(['"error"', '"a\\"b"']);
    expect(textsOf(columns.get('status'))).toEqual(['500', '[1, 2]']);
    expect(textsOf(columns.get('request'))).toEqual(['{"a":1}', undefined]);
    expect(textsOf(columns.get('x'))).toEqual(['null', undefined]);
    expect(textsOf(columns.get('missing'))).toEqual([undefined, undefined]);
  });

  it('gives the whole record as a document, without the spaces around it', () => {
    const { columns, document } = decode([' {"a": 1}\r', '{}', '42', '{"b":2}'], wantedAll('a', 'message'));
    expect(columns.size).toBe(0);
    expect(document!.hidden.size).toBe(0);
    expect(textsOf(document!.vector)).toEqual(['{"a": 1}', '{}', '42', '{"b":2}']);
    expect(textsOf(document!.members.get('a'))).toEqual(['1', undefined, undefined, undefined]);
    expect(textsOf(document!.members.get('message'))).toEqual([undefined, undefined, '42', undefined]);
  });

  it('looks only at the top level and lets the last of equal keys win', () => {
    const { columns } = decode(
      ['{"n":{"a":1},"l":[{"a":2}]}', '{"a":1,"b":0,"a":[2]}', '{"aa":1,"A":2,"":3}'],
      wantedOnly('a', ''),
    );
    expect(textsOf(columns.get('a'))).toEqual([undefined, '[2]', undefined]);
    expect(textsOf(columns.get(''))).toEqual([undefined, undefined, '3']);
  });

  it('compares keys after their escapes are resolved', () => {
    const { columns } = decode(
      [
        '{"\\u0061b":1}',
        '{"caf\\u00e9":2,"x\\\\":0}',
        '{"\\ud83d\\ude80\\n":3}',
        '{"\\ud83d":4}',
        '{"x\\\\":5}',
      ],
      wantedOnly('ab', 'café', '🚀\n', 'x\\', 'x'),
    );
    expect(textsOf(columns.get('ab'))).toEqual(['1', undefined, undefined, undefined, undefined]);
    expect(textsOf(columns.get('café'))).toEqual([undefined, '2', undefined, undefined, undefined]);
    expect(textsOf(columns.get('🚀\n'))).toEqual([undefined, undefined, '3', undefined, undefined]);
    expect(textsOf(columns.get('x\\'))).toEqual([undefined, '0', undefined, undefined, '5']);
    expect(textsOf(columns.get('x'))).toEqual(Array(5).fill(undefined));
  });

  it('tells long names and many names of one length apart', () => {
    const names = ['a', 'b', 'c', 'x'.repeat(63), 'y'.repeat(64), 'y'.repeat(200), `${'y'.repeat(199)}z`];
    const record = `{${names.map((name, i) => `"${name}":${i}`).join(',')}}`;
    const { columns } = decode([record], wantedOnly(...names));
    names.forEach((name, i) => {
      expect(textsOf(columns.get(name))).toEqual([String(i)]);
    });
  });

  it('skips a byte order mark only where the partition begins', () => {
    const mark = '\ufeff';
    const { document, refused } = decode([`${mark}{"a":1}`, `${mark}{"a":1}`], wantedAll());
    expect(textsOf(document!.vector)).toEqual(['{"a":1}', undefined]);
    expect(refused.map(({ row }) => row)).toEqual([1]);
  });

  it('passes bytes through that are no UTF-8', () => {
    const record = Uint8Array.from([...bytesOf('{"a":"'), 0xff, 0xc0, 0x80, ...bytesOf('"}')]);
    const { document, refused } = decode([record], wantedAll());
    expect(refused).toEqual([]);
    expect(document!.vector.views![0]).toBe(record.length);
  });

  it('puts a record that lies on several lines on one', () => {
    const { document } = decode(['{\n  "a": "x",\n  "b": 2\n}'], wantedAll());
    expect(textsOf(document!.vector)).toEqual(['{   "a": "x",   "b": 2 }']);
  });
});

describe('refused JSON records', () => {
  it.each([
    ['', 'empty line'],
    [' \t', 'empty line'],
    ['{"a":1 "b":2}', 'expected "," or "}" at column 8, found a text in quotes'],
    ['{"a":1,}', 'expected a key at column 8, found "}": the last member has no comma behind it'],
    ['{a:1}', 'expected a key in double quotes or "}" at column 2, found "a"'],
    ['{"a" 1}', 'expected ":" at column 6, found "1"'],
    ['{"é":1', 'expected "," or "}" at column 7, found the end of the record'],
    ['[1,]', 'expected a value at column 4, found "]"'],
    ['[1 2]', 'expected "," or "]" at column 4, found "2"'],
    ['{"a":1} x', 'expected the end of the record at column 9, found "x"'],
    ['{"a":True}', 'expected a value at column 6, found "True": write true'],
    ['{"a":NaN}', 'expected a value at column 6, found "NaN": JSON has neither NaN nor infinity, write null'],
    ['{"a":007}', 'expected a value at column 6, found "007": a number has no leading zeros'],
    ['{"a":1.}', 'expected a number as in -12.5e3 at column 6, found "1."'],
    ['hello', 'expected a value at column 1, found "hello": texts stand in double quotes'],
    ["{'a':1}", 'expected a key in double quotes or "}" at column 2, found "\'"'],
    ['{"a":"x\ty"}', 'control character U+0009 in a string at column 8: escape it as \\u0009'],
    [
      '{"a":\u0000}',
      'control character U+0000 at column 6: only spaces, tabs and line ends may stand between values',
    ],
    [
      '{"a":"\\x"}',
      'unknown escape in a string at column 7: after a backslash comes one of " \\ / b f n r t or u and four hexadecimal digits',
    ],
    ['{"a":"b}', 'the string that begins at column 6 is never closed'],
    ['{"a":tru', 'expected a value at column 6, found "tru": texts stand in double quotes'],
  ])('%j: %s', (record, message) => {
    expect(refusalOf(record)).toBe(message);
  });

  it('refuses what is nested deeper than 128 levels', () => {
    expect(refusalOf('['.repeat(128) + ']'.repeat(128))).toBeUndefined();
    expect(refusalOf(`${'{"a":'.repeat(128)}1${'}'.repeat(128)}`)).toBeUndefined();
    expect(refusalOf('['.repeat(129) + ']'.repeat(129))).toBe('nested deeper than 128 levels at column 129');
    expect(refusalOf('['.repeat(100_000))).toBe('nested deeper than 128 levels at column 129');
  });

  it('leaves the row absent everywhere and its neighbours untouched', () => {
    const { document, refused } = decode(['{"a":1}', '{"a":2,"b":"', '{"a":3}'], wantedAll('a'));
    expect(refused).toEqual([{ row: 1, message: 'the string that begins at column 12 is never closed' }]);
    expect(textsOf(document!.vector)).toEqual(['{"a":1}', undefined, '{"a":3}']);
    expect(textsOf(document!.members.get('a'))).toEqual(['1', undefined, '3']);
  });

  it('does not depend on what lies behind the record', () => {
    for (const text of ['[12', '12', '"a', 'tru', '{"a":1', '"\\u00', '{"a"', '1', '1e', '{"a":1}']) {
      const expected = refusalOf(text);
      for (const behind of ['5', '"', '}', ']', ',1', '\\"', 'e', 'ue', '41"', '\u0000']) {
        arena.reset();
        const whole = placeRecords([text + behind]);
        whole.lengths[0] = bytesOf(text).length;
        const { refused } = JSON_FORMAT.decoder!.create({ type: 'json' }).decode(
          arena,
          whole,
          wantedAll(),
          partition,
          0,
        );
        expect(refused[0]?.message).toBe(expected);
        expect(arena.bytes[whole.starts[0]! + whole.lengths[0]!]).toBe(behind.charCodeAt(0));
      }
    }
  });
});

/** Whether JSON.parse takes the text; its value. */
function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const fragment = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    ' ',
    '\t',
    '0',
    '1',
    '-',
    '.',
    'e',
    'E',
    '+',
    'true',
    'false',
    'null',
  ],
  ...[
    '"a"',
    '"b":',
    '{"a":',
    '\\u00',
    '\\u0041',
    '\\ud83d',
    '\\"',
    'é',
    '🚀',
    '\u0001',
    '\u007f',
    'x'.repeat(40),
    ' '.repeat(50),
  ],
);
const mangled = fc
  .tuple(fc.json(), fc.nat(), fc.nat(3), fc.oneof(fragment, fc.constant('')))
  .map(([json, at, cut, insert]) => {
    const place = at % (json.length + 1);
    return json.slice(0, place) + insert + json.slice(place + cut);
  });
const anyLine = fc.oneof(
  fc.json(),
  fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')),
  mangled,
  fc.string({ unit: 'binary' }),
);
/** As decoders of UTF-8 see it: no lone surrogates, and no mark at the beginning, which is skipped. */
const line = anyLine.map((text) => text.toWellFormed().replace(/^\ufeff/, ''));

describe('any JSON record', () => {
  it('is accepted exactly when JSON.parse accepts it, whatever its neighbours', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
        const { document, refused } = decode(lines, wantedAll());
        const refusedRows = new Set(refused.map(({ row }) => row));
        const texts = textsOf(document!.vector);
        lines.forEach((text, row) => {
          const expected = parsed(text);
          expect(refusedRows.has(row), text).toBe(expected === undefined);
          if (expected) expect(JSON.parse(texts[row]!)).toEqual(expected.value);
          else expect(texts[row]).toBeUndefined();
        });
      }),
      { numRuns: runs(3000) },
    );
  });

  it('is accepted or refused whatever is wanted, with the same message', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 4 }),
        fc.array(fc.constantFrom('a', 'b', 'message', '')),
        (lines, names) => {
          const reference = decode(lines, wantedAll()).refused;
          expect(decode(lines, wantedAll(...names)).refused).toEqual(reference);
          expect(decode(lines, wantedOnly(...names)).refused).toEqual(reference);
        },
      ),
    );
  });

  it('never makes the decoder throw, also where it is no UTF-8', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(line, fc.uint8Array({ maxLength: 3 }), fc.nat()).map(([text, insert, at]) => {
        const whole = bytesOf(text);
        const place = at % (whole.length + 1);
        return Uint8Array.from([...whole.subarray(0, place), ...insert, ...whole.subarray(place)]);
      }),
    );
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 4 }), (records) => {
        const neighbours = records.flatMap((record) => [record, bytesOf('{"a":"good"}')]);
        const { columns, refused } = decode(neighbours, wantedOnly('a'));
        expect(refused.filter(({ row }) => row % 2 === 1)).toEqual([]);
        const texts = textsOf(columns.get('a'));
        expect(texts.filter((_, row) => row % 2 === 1)).toEqual(records.map(() => '"good"'));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('has the members that JSON.parse finds', () => {
    const key = fc.oneof(fc.constantFrom('a', 'level', '__proto__', ''), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(key, fc.jsonValue()), { maxLength: 5 }),
        fc.array(key),
        (objects, others) => {
          const names = new Set(
            [...others, ...objects.flatMap(Object.keys)].map((name) => name.toWellFormed()),
          );
          const lines = objects.map((object, i) => JSON.stringify(object, null, i % 2 === 0 ? 0 : ' '));
          const { columns } = decode(lines, wantedOnly(...names));
          for (const name of names) {
            const texts = textsOf(columns.get(name));
            lines.forEach((text, row) => {
              const member = membersOf(text.toWellFormed()).get(name);
              if (member === undefined) expect(texts[row]).toBeUndefined();
              else expect(JSON.parse(texts[row]!)).toEqual(member);
            });
          }
        },
      ),
      { numRuns: runs(500) },
    );
  });
});

describe('what JSON leaves to the parser', () => {
  it('refuses UTF-16', () => {
    expect(refusalOf(Buffer.from('[1]', 'utf16le'))).toContain('control character U+0000');
  });
});

/** The members of a JSON object by their keys as UTF-8 has them. */
function membersOf(text: string): Map<string, unknown> {
  return new Map(
    Object.entries(JSON.parse(text) as Record<string, unknown>).map(([name, value]) => [
      name.toWellFormed(),
      value,
    ]),
  );
}
