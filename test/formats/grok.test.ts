import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldError } from '../../src/config/fields.js';
import { grokLibrary } from '../../src/formats/grok/catalogue.js';
import { GROK_FORMAT } from '../../src/formats/grok/index.js';
import { libraryOf } from '../../src/formats/grok/library/index.js';
import { compilePattern, EVERYTHING } from '../../src/formats/grok/pattern.js';
import { runs } from '../support/property.js';
import { decodeAll, only } from './support.js';

type Options = { readonly patterns?: Readonly<Record<string, string>>; readonly ecs?: boolean };

const configOf = (pattern: string | readonly string[], options: Options = {}) => ({
  type: 'grok',
  pattern,
  ecs: false,
  timeout: 100,
  ...options,
});
const create = (pattern: string | readonly string[], options?: Options) =>
  GROK_FORMAT.decoder!.create(configOf(pattern, options));
const decode = (pattern: string | readonly string[], records: readonly string[], options?: Options) =>
  decodeAll(create(pattern, options), records).rows;
const problems = (pattern: string | readonly string[], options?: Options) =>
  GROK_FORMAT.decoder!.check!(configOf(pattern, options));

describe('grok', () => {
  it('makes fields of captures, of the types that they name', () => {
    const pattern = '^%{WORD:level} %{INT:id:int} %{NUMBER:took:float} %{WORD:ok:boolean} (?<rest>.*)$';
    expect(decode(pattern, ['info 7 1.50 true a b', 'warn 12345678901234567890 -2 FALSE x', 'no'])).toEqual([
      { level: 'info', id: 7, took: 1.5, ok: true, rest: 'a b' },
      { level: 'warn', id: 12345678901234567890n, took: -2, ok: false, rest: 'x' },
      'expected a record that the pattern matches',
    ]);
    expect([...GROK_FORMAT.decoder!.shape(configOf(pattern)).fields]).toEqual([
      ['level', 'text'],
      ['id', 'int'],
      ['took', 'double'],
      ['ok', 'bool'],
      ['rest', 'text'],
    ]);
  });

  it('refuses a text that is no value of its type, whatever is wanted', () => {
    const decoder = create('%{NOTSPACE:bytes:int} %{WORD:word}');
    const message = 'expected a whole number for "bytes", found "-"';
    expect(decodeAll(decoder, ['- a', '5.9 b']).rows).toEqual([message, { bytes: 5, word: 'b' }]);
    expect(decodeAll(decoder, ['- a', '5 b'], { wanted: only('word') }).rows).toEqual([
      message,
      { word: 'b' },
    ]);
    expect(decode('%{NOTSPACE:n:float}', ['1e999'])).toEqual(['expected a number for "n", found "1e999"']);
  });

  it('puts fields into objects, and makes lists of several captures of one name', () => {
    const pattern = '%{IP:[source][ip]}:%{INT:source.port:int} %{WORD:tag}(?: %{WORD:tag})?';
    expect(decode(pattern, ['10.0.0.1:80 a b', '10.0.0.1:80 "x', '::1:80 c'])).toEqual([
      { source: { ip: '10.0.0.1', port: 80 }, tag: ['a', 'b'] },
      'expected a record that the pattern matches',
      expect.objectContaining({ tag: 'c' }),
    ]);
    expect(decode('(?<a>x?)(?<[b][c]>y?)z', ['xz', 'z'])).toEqual([{ a: 'x' }, {}]);
    expect(decode('(?<[a][t]>.*)', ['"\\\t\u00e9'])).toEqual([{ a: { t: '"\\\t\u00e9' } }]);
  });

  it('tries several patterns in order', () => {
    const patterns = ['^%{INT:code:int}$', '^%{WORD:code}$', '^(?<other>.)'];
    expect(decode(patterns, ['12', 'abc', '!?', ''])).toEqual([
      { code: 12 },
      { code: 'abc' },
      { other: '!' },
      'expected a record that one of the 3 patterns matches',
    ]);
    expect(GROK_FORMAT.decoder!.shape(configOf(patterns)).fields.get('code')).toBe('any');
  });

  it('takes patterns of the user, which go before those of the library', () => {
    const patterns = { ORDER: '[A-Z]{2}-%{DIGITS}', DIGITS: '\\d+', WORD: 'w+' };
    expect(decode('%{ORDER:order} %{WORD:w}', ['AB-12 www', 'AB-12 abc'], { patterns })).toEqual([
      { order: 'AB-12', w: 'www' },
      'expected a record that the pattern matches',
    ]);
  });

  it.each([
    ['(?<quote>["\'])(?<text>.*?)\\k<quote>', `say 'it "is"'`, { quote: "'", text: 'it "is"' }],
    ['(?<a>(?>a+))ab', 'aaab', undefined],
    ['(?<a>a++b)', 'aab', { a: 'aab' }],
    ['(?<a>x(?!y))', 'xyx', { a: 'x' }],
    ['(?<a>(?<=-)\\h{2,}+)', 'zz-beef', { a: 'beef' }],
    ['(?<a>a(?i)b|c)', 'aB', { a: 'aB' }],
    ['(?<a>(?i:x)y)', 'XY', undefined],
    ['(?x) (?<a> a  b ) # both', 'ab', { a: 'ab' }],
    ['(?<a>[a-z&&[^aeiou]]+)', 'aebcd', { a: 'bcd' }],
    ['(?<a>[[:alpha:][0-9]]+)(?#a comment)', '-a1-', { a: 'a1' }],
    ['(?<a>a.b)', 'a\nb', { a: 'a\nb' }],
    ['^(?<a>b)$', 'a\nb\nc', { a: 'b' }],
    ['\\A(?<a>b)\\z', 'a\nb\nc', undefined],
    ['\\A(?<a>a\\nb)\\Z', 'a\nb\n', { a: 'a\nb' }],
    ['(?<a>(?:ab){,2})$', 'ababab', { a: 'abab' }],
    ['(?<é>.+)', '\u00e9\u{1f600}', { é: '\u00e9\u{1f600}' }],
  ])("knows Oniguruma's syntax: %s", (pattern, record, fields) => {
    expect(decode(pattern, [record])).toEqual([fields ?? 'expected a record that the pattern matches']);
  });

  it.each([
    ['%{NOPE:a}', 'pattern', 'the pattern is wrong: there is no pattern "NOPE" (at character 1)'],
    [
      '%{WORD',
      'pattern',
      'the pattern is wrong: expected %{NAME}, %{NAME:field} or %{NAME:field:type} (at character 1)',
    ],
    ['x (?<a>', 'pattern', 'the pattern is wrong: unterminated group (at character 3)'],
    [['%{WORD:a}', '(?<a>[x)'], 'pattern[1]', 'the pattern is wrong: a "[" has no "]" (at character 6)'],
    [
      '%{WORD}',
      'pattern',
      'expected a capture such as %{IP:client} or (?<status>\\d+): each becomes a field',
    ],
    [
      '%{WORD:a} %{WORD:a.b}',
      'pattern',
      '"a.b" cannot be a value and hold other fields: rename one of the captures',
    ],
    ['%{WORD:[a}', 'pattern', 'expected a field such as status, http.status or [http][status], found "[a"'],
    [
      '(a)\\1(?<b>.)',
      'pattern',
      `the pattern is wrong: a reference needs a name: (?<quote>['"]) and \\k<quote> (at character 4)`,
    ],
  ])('refuses %s', (pattern, field, message) => {
    expect(problems(pattern)).toEqual([{ field, message }]);
  });

  it('says what is wrong with a pattern of the user where that stands, once', () => {
    expect(problems('%{A:a} %{A:b}', { patterns: { A: '%{B}', B: 'x(' } })).toEqual([
      {
        field: 'patterns.A',
        message: 'the pattern is wrong: in the pattern B: unterminated group (at character 1)',
      },
      { field: 'patterns.B', message: 'the pattern is wrong: unterminated group (at character 2)' },
    ]);
    expect(problems('%{A:a}', { patterns: { A: 'x%{B}', B: '%{A}' } })[0]).toEqual({
      field: 'patterns.A',
      message: 'the pattern is wrong: the pattern B is a part of itself: B → A → B (at character 2)',
    });
    const types = 'string, text, int, integer, long, float, double, bool, boolean';
    expect(problems('%{WORD:a:datetime}')).toEqual([
      { field: 'pattern', message: `there is no type "datetime" for "a": expected one of ${types}` },
    ]);
  });
});

/** Runs of texts that patterns are made of, with something behind them that no pattern wants. */
const UNITS = [
  'a',
  '1',
  '.',
  '-',
  ' ',
  '/',
  '\\',
  '"',
  'a.',
  '1.',
  'a ',
  '1 ',
  '0:',
  '1:1',
  '::',
  'a@',
  'a=b ',
  '-\t',
  '\\"',
  '"a" ',
  'Jan 1 ',
  'at a.',
];
const SIZE = 64 * 1024;
const LIMIT_MS = 100;

describe('the library', () => {
  it('holds the patterns that people know, each with a name of its own', () => {
    const names = [...grokLibrary().values()].flatMap((patterns) => patterns.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    const known =
      'COMBINEDAPACHELOG COMMONAPACHELOG SYSLOGLINE SYSLOGBASE IPORHOST IP IPV6 TIMESTAMP_ISO8601 HTTPDATE LOGLEVEL URI URIPATH URIPATHPARAM UUID MAC HOSTNAME QUOTEDSTRING GREEDYDATA DATESTAMP_RFC2822 HAPROXYHTTP HAPROXYTCP S3_ACCESS_LOG ELB_ACCESS_LOG CLOUDFRONT_ACCESS_LOG BIND9 EXIM BACULA_LOGLINE NAGIOSLOGLINE CISCOFW106100 NETSCREENSESSIONLOG SHOREWALL SFW2 RT_FLOW3 CATALINALOG TOMCATLOG JAVASTACKTRACEPART RUBY_LOGGER RAILS3 MAVEN_VERSION MCOLLECTIVE MONGO3_LOG MONGO_SLOWQUERY POSTGRESQL REDISLOG REDISMONLOG SQUID3 BRO_CONN ZEEK_CONN CRONLOG SYSLOG5424LINE';
    expect(names).toEqual(expect.arrayContaining(known.split(' ')));
  });

  it.each([
    [
      'IP',
      ['::1', '2001:db8::ff00:42:8329', '1:2:3:4:5:6:7:8', 'fe80::1%eth0', '::ffff:10.0.0.1', '255.0.10.1'],
      ['1.2.3', '256.1.1.1', '1.2.3.4.', 'g::1x', '1:2:3'],
    ],
    [
      'TIMESTAMP_ISO8601',
      ['2024-02-29T23:59:60.123+01:00', '2024-2-9 1:02Z', '2024-02-29T2359'],
      ['2024-13-01T00:00:00', '2024-01-32 00:00'],
    ],
    [
      'URI',
      ['https://u:p@example.org:8080/a/b?c=d', 'file:///etc/hosts', 'android-app://x'],
      ['example.org', '//x'],
    ],
    ['UUID', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567-e89b-12d3-a456']],
    ['QUOTEDSTRING', ['"a \\" b"', "''", '`x`'], ['"a', '\'a"']],
    ['NUMBER', ['-1.5', '.5', '10', '+3'], ['1.', 'x', '-']],
    ['MONTH', ['Jan', 'march', 'März', 'Dez', 'September'], ['Janx', 'Map', 'J']],
    ['HTTPDATE', ['17/May/2015:10:05:03 +0000'], ['17/Mai2015:10:05:03', '32/May/2015:10:05:03 +0000']],
  ])('%s takes what it is for', (name, good, bad) => {
    const rows = (texts: readonly string[]) => decode(`^(?<whole>%{${name}})$`, texts);
    expect(rows(good)).toEqual(good.map((whole) => expect.objectContaining({ whole })));
    expect(rows(bad).map((row) => typeof row)).toEqual(bad.map(() => 'string'));
  });

  it('names fields as ever, or after the Elastic Common Schema', () => {
    const line = '10.0.0.1 - ann [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 - "-" "curl"';
    expect(decode('%{COMBINEDAPACHELOG}', [line])).toEqual([
      {
        clientip: '10.0.0.1',
        ident: '-',
        auth: 'ann',
        timestamp: '17/May/2015:10:05:03 +0000',
        verb: 'GET',
        request: '/a',
        httpversion: '1.1',
        response: '200',
        referrer: '"-"',
        agent: '"curl"',
      },
    ]);
    expect(decode('%{COMBINEDAPACHELOG}', [line], { ecs: true })).toEqual([
      {
        source: { address: '10.0.0.1' },
        user: { name: 'ann' },
        timestamp: '17/May/2015:10:05:03 +0000',
        http: { request: { method: 'GET' }, version: '1.1', response: { status_code: 200 } },
        url: { original: '/a' },
        user_agent: { original: 'curl' },
      },
    ]);
  });

  const texts = UNITS.flatMap((unit) => {
    const run = unit.repeat(Math.ceil(SIZE / unit.length)).slice(0, SIZE);
    return [run, `${run}\u0001`];
  });

  it.each([false, true])(
    'has no pattern that takes long on any text (ecs: %s)',
    { timeout: 300_000 },
    (ecs) => {
      const library = libraryOf(ecs);
      const named = (name: string) => library.get(name);
      const all = [...library.keys()].filter(
        (name) => !ecs || libraryOf(false).get(name) !== library.get(name),
      );
      const share = runs(all.length);
      const names = all.filter((_, i) => i % Math.ceil(all.length / share) === 0);
      const slow: string[] = [];
      for (const name of names) {
        const { expression, isLinear } = compilePattern(`%{${name}}`, named, EVERYTHING, false);
        expect(isLinear, name).toBe(true);
        for (const text of texts) {
          const takes = (): number => {
            const startMs = performance.now();
            expression.exec(text);
            return performance.now() - startMs;
          };
          // A busy machine may hold up one of three, but not all.
          if (takes() > LIMIT_MS && takes() > LIMIT_MS && takes() > LIMIT_MS)
            slow.push(`${name} on ${text.slice(0, 8)}`);
        }
      }
      expect(slow).toEqual([]);
    },
  );
});

describe('a warning', () => {
  const warnings = (pattern: string | readonly string[], options?: Options) =>
    GROK_FORMAT.decoder!.warn!(configOf(pattern, options)).map(({ field, offset }) => ({ field, offset }));

  it.each([
    ['(?=x)(?<a>(?:a+)+)$', [{ field: 'pattern', offset: 10 }]],
    [['(?<a>x)', '(?=x)(?<a>(?:\\w{2,}\\s?)*)$'], [{ field: 'pattern[1]', offset: 10 }]],
    ['(?<q>["\']).(?<a>(?:%{WORDS}-)*)\\k<q>', [{ field: 'pattern', offset: 16 }]],
  ])(
    'is given of repetitions of repetitions where they may be tried in all ways: %s',
    (pattern, expected) => {
      expect(warnings(pattern, { patterns: { WORDS: 'a+' } })).toEqual(expected);
    },
  );

  it.each([
    '(?<a>(?:a+)+)$',
    '(?=x)(?<a>(?:a++)+)$',
    '(?=x)(?<a>(?:(?>a+)-)+)$',
    '(?=x)(?<a>(?:a{2})+b*c+)$',
    '(?=x)(?<a>(?:a+){2})$',
  ])('is not given of what takes linear time, gives nothing back or ends: %s', (pattern) => {
    expect(warnings(pattern)).toEqual([]);
  });
});

describe('any pattern', () => {
  const part = fc.constantFrom(
    '%{WORD:a}',
    '%{INT:b:int}',
    '%{DATA:c}',
    '%{GREEDYDATA:d}',
    '(?<e>x*)',
    '(?>a)',
    '(?=b)',
    '[',
    '(',
    ')',
    '|',
    '*',
    '\\',
    '%{',
    'a',
    ' ',
    '(?i)',
    '&&',
  );
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'x', '1', ' ', '\n', 'é'), maxLength: 12 });

  it('is refused with what is wrong, or decodes any record', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(text, { maxLength: 4 }), (parts, records) => {
        const pattern = parts.join('');
        const found = problems(pattern);
        for (const { message } of found) expect(message).toMatch(/\w{3}/);
        if (found.length === 0) expect(decode(pattern, records)).toHaveLength(records.length);
        else expect(() => create(pattern) && problems(pattern)).not.toThrow(FieldError);
      }),
      { numRuns: runs(2000) },
    );
  });
});
