import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECRET_KINDS as ALL, Arena, type SecretKind } from '../../../src/batch/index.js';
import { Finder, type NamedPattern } from '../../../src/transforms/redact/finder.js';
import { runs } from '../../support/property.js';

const arena = new Arena(1 << 20);

/** What is found in a text, between bytes that must not count. */
function find(
  text: string | Uint8Array,
  kinds: readonly SecretKind[] = ALL,
  patterns: readonly NamedPattern[] = [],
) {
  arena.reset();
  const finder = new Finder(kinds, patterns);
  finder.begin(arena);
  const bytes = Buffer.from(text);
  const base = arena.place(Buffer.concat([Buffer.from('4a.'), bytes, Buffer.from('1.5@x.org 7')])) + 3;
  const count = finder.find(base, base + bytes.length);
  return Array.from({ length: count }, (_, i) => ({
    name: finder.names[i]!,
    start: finder.starts[i]! - base,
    text: bytes.subarray(finder.starts[i]! - base, finder.ends[i]! - base).toString(),
  }));
}

const found = (text: string, kind: SecretKind) => find(text, [kind]).map((one) => one.text);

describe('what is found', () => {
  it.each([
    ['bob@example.com', ['bob@example.com']],
    ['from=<bob.x+tag@mail.example.co.uk>,', ['bob.x+tag@mail.example.co.uk']],
    ['Mail an jürgen.müller@exämple.de!', ['jürgen.müller@exämple.de']],
    ['連絡先bob@example.comがログイン', ['bob@example.com']],
    ['a@b.cc and c@d.ee.', ['a@b.cc', 'c@d.ee']],
    ['root@localhost, @x.com, a@b, a@b.c, a@.com, user@10.0.0.1', []],
    ["'o'neil@example.com'", ["o'neil@example.com"]],
    ['a@b@example.com', ['b@example.com']],
    ['x@sub-.example.com', []],
  ])('e-mail addresses in %s', (text, expected) => expect(found(text, 'email')).toEqual(expected));

  it.each([
    ['4111111111111111', ['4111111111111111']],
    ['card 4111 1111 1111 1111, 5500-0000-0000-0004.', ['4111 1111 1111 1111', '5500-0000-0000-0004']],
    ['amex 378282246310005 and 3782 822463 10005', ['378282246310005', '3782 822463 10005']],
    ['diners 30569309025904, jcb 3530111333300000', ['30569309025904', '3530111333300000']],
    ['discover=6011111111111117 mastercard 2223003122003222', ['6011111111111117', '2223003122003222']],
    ['4111 1111 1111 1111 2222', ['4111 1111 1111 1111']],
    ['1234 4111 1111 1111 1111', ['4111 1111 1111 1111']],
    ['4111111111111112 wrong check digit', []],
    ['id 1411111111111111, 41111111111111110000, a4111111111111111, 4111111111111111b', []],
    ['0.4111111111111111 4111111111111111.5', []],
    ['1700000000000000000 2024-01-02 03-04-05 20240102030405', []],
    ['4111-1111 1111-1111', []],
  ])('card numbers in %s', (text, expected) => expect(found(text, 'card')).toEqual(expected));

  it.each([
    ['10.0.0.1', ['10.0.0.1']],
    ['10.0.0.1:8080, 192.168.1.255/24; ip=8.8.8.8.', ['10.0.0.1', '192.168.1.255', '8.8.8.8']],
    ['1.2.3.4.5 256.1.1.1 1.2.3 v1.2.3.4 1.2.3.4a 1234.1.1.1 1.1.1.1234', []],
    ['::1', ['::1']],
    ['[2001:db8::ff00:42:8329]:443 fe80::1%eth0', ['2001:db8::ff00:42:8329', 'fe80::1']],
    ['2001:0db8:0000:0000:0000:ff00:0042:8329', ['2001:0db8:0000:0000:0000:ff00:0042:8329']],
    ['from:fe80::1: refused, node:fe80::2 ::ffff:10.0.0.1', ['fe80::1', 'fe80::2', '::ffff:10.0.0.1']],
    ['64:ff9b::192.0.2.33, 1:2:3:4:5:6:7.8.9.10', ['64:ff9b::192.0.2.33', '1:2:3:4:5:6:7.8.9.10']],
    ['12:30:45 00:1a:2b:3c:4d:5e std::string :: a::b::c 1:2:3:4:5:6:7 12345::1', []],
    ['2001:db8:: fe80::', ['2001:db8::', 'fe80::']],
    ['1:2:3:4:5:6:7:8:443', ['1:2:3:4:5:6:7:8']],
  ])('addresses in %s', (text, expected) => expect(found(text, 'ip')).toEqual(expected));

  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P';
  it.each([
    [`token ${jwt}, done`, [jwt]],
    [`Authorization: Bearer ${jwt}`, [jwt]],
    ['authorization: bearer abc123def456', ['abc123def456']],
    ['Authorization: Basic dXNlcjpwYXNzd29yZA==', ['dXNlcjpwYXNzd29yZA==']],
    ['Bearer of bad news, Basic authentication failed', []],
    ['AKIAIOSFODNN7EXAMPLE', ['AKIAIOSFODNN7EXAMPLE']],
    ['xAKIAIOSFODNN7EXAMPLE AKIASHORT', []],
    [`ghp_${'a1'.repeat(18)} glpat-${'x'.repeat(20)}`, [`ghp_${'a1'.repeat(18)}`, `glpat-${'x'.repeat(20)}`]],
    [`key=sk-${'Ab1_'.repeat(6)}; ask-me`, [`sk-${'Ab1_'.repeat(6)}`]],
    ['postgres://admin:s3cret@db.example.com/x?y', ['s3cret']],
    ['https://example.com/a:b@c https://example.com:80/ https://u@example.com', []],
  ])('tokens in %s', (text, expected) => expect(found(text, 'token')).toEqual(expected));

  it('private keys, whole or cut off', () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----';
    expect(found(`a ${key} b`, 'token')).toEqual([key]);
    expect(found('a -----BEGIN PRIVATE KEY-----\nMIIB', 'token')).toEqual([
      '-----BEGIN PRIVATE KEY-----\nMIIB',
    ]);
    expect(found('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', 'token')).toEqual([]);
  });

  it('only the kinds that are asked for', () => {
    const text = `bob@example.com 4111111111111111 10.0.0.1 ${jwt}`;
    expect(find(text).map(({ name }) => name)).toEqual(ALL);
    for (const kind of ALL) expect(find(text, [kind]).map(({ name }) => name)).toEqual([kind]);
    expect(find(text, [])).toEqual([]);
  });

  it('what patterns match, one name for what overlaps', () => {
    const patterns = [
      { name: 'user', pattern: 'user=\\S+' },
      { name: 'é', pattern: 'é+' },
    ];
    expect(find('é🦆 user=bob@x.org éé', ALL, patterns)).toEqual([
      { name: 'é', start: 0, text: 'é' },
      { name: 'user', start: 7, text: 'user=bob@x.org' },
      { name: 'é', start: 22, text: 'éé' },
    ]);
    expect(find(Buffer.from('\xff user=x', 'latin1'), [], patterns)).toEqual([
      { name: 'user', start: 2, text: 'user=x' },
    ]);
  });
});

describe('finding', () => {
  const secrets: Readonly<Record<SecretKind, readonly string[]>> = {
    email: ['bob@example.com', 'a.b-c@mail.example.org'],
    card: ['4111111111111111', '5500 0000 0000 0004'],
    ip: ['10.0.0.1', '2001:db8::1'],
    token: [jwtOf('x'), 'AKIAIOSFODNN7EXAMPLE'],
  };
  function jwtOf(part: string): string {
    return `eyJ${part.repeat(9)}.${part.repeat(9)}.${part}`;
  }
  const filler = fc.constantFrom(
    '"',
    ', ',
    ' text ',
    '{"key":"',
    '\n',
    '; at 2024-01-02T03:04:05.678Z ',
    '\\',
    ' 🦆 é ',
    '\0',
  );
  const secret = fc
    .constantFrom(...ALL)
    .chain((kind) => fc.constantFrom(...secrets[kind]).map((text) => ({ kind, text })));

  it('finds each secret among other things, wherever it lies', () => {
    const parts = fc.array(fc.tuple(fc.array(filler, { minLength: 1, maxLength: 4 }), secret), {
      maxLength: 6,
    });
    const property = fc.property(parts, fc.subarray([...ALL]), (all, kinds) => {
      const text = all.map(([before, { text: one }]) => before.join('') + one).join('');
      const expected = all.flatMap(([, { kind, text: one }]) => (kinds.includes(kind) ? [one] : []));
      expect(find(text, kinds).map((one) => one.text)).toEqual(expected);
    });
    fc.assert(property, { numRuns: runs(2000) });
  });

  it('agrees with patterns about dotted addresses and card numbers', () => {
    const text = fc.string({
      unit: fc.constantFrom('.', '1', '2', '25', '41', '11', '5', ' ', '-', 'a', '0'),
      maxLength: 40,
    });
    const property = fc.property(text, (value) => {
      const ips = [...value.matchAll(/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/g)]
        .map(([ip]) => ip)
        .filter((ip) => ip.split('.').every((octet) => Number(octet) <= 255));
      expect(found(value, 'ip')).toEqual(ips);
      for (const card of found(value, 'card')) expect(isLuhn(card.replaceAll(/\D/g, ''))).toBe(true);
      const bare = [
        ...value.matchAll(/(?<![a-z0-9]|\d\.)4(?:\d{12}|\d{15}|\d{18})(?![a-z0-9]|\.\d|[ -]\d)/g),
      ];
      const cards = bare.map(([card]) => card).filter(isLuhn);
      for (const card of cards) expect(found(value, 'card').some((one) => one.endsWith(card))).toBe(true);
    });
    fc.assert(property, { numRuns: runs(5000) });
  });

  it('takes time in proportion to hostile texts', () => {
    for (const pump of [
      'a@',
      'eyJ',
      '-eyJ',
      'sk-',
      '://',
      '://a:',
      '-----BEGIN ',
      '1.',
      ':',
      '1:',
      'a::',
      '4',
      '4444 ',
      'Bearer ',
      'earer a',
    ]) {
      const text = pump.repeat(Math.ceil((256 * 1024) / pump.length));
      // The best of some: others may want the processor, too.
      const tookMs = Array.from({ length: 4 }, () => {
        const startMs = performance.now();
        find(text);
        return performance.now() - startMs;
      });
      expect(Math.min(...tookMs), pump).toBeLessThan(100);
    }
  });

  it('never finds anything outside of arbitrary bytes, and everything in order', () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('@.:/-1a4 eyJAKI')));
    const property = fc.property(fc.array(byte, { maxLength: 60 }), (bytes) => {
      let last = 0;
      for (const { start, text } of find(Uint8Array.from(bytes))) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(text.length).toBeGreaterThan(0);
        last = start + Buffer.byteLength(text, 'latin1');
      }
      expect(last).toBeLessThanOrEqual(bytes.length * 3);
    });
    fc.assert(property, { numRuns: runs(5000) });
  });
});

function isLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
