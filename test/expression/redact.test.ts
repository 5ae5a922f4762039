import { describe, expect, it } from 'vitest';
import { redactText } from '../../src/expression/functions/redact.js';

describe('redacting', () => {
  it.each([
    ['mail ann.lee+x@mail.example.org now', 'mail [email] now'],
    ['zoë@exämple.org', '[email]'],
    ['no@mail', 'no@mail'],
    ['card 4111 1111 1111 1111, 5500-0000-0000-0004.', 'card [card], [card].'],
    ['378282246310005', '[card]'],
    ['4111 1111 1111 1112', '4111 1111 1111 1112'],
    ['id 1714566600250000 and 41111111111111111111111', 'id 1714566600250000 and 41111111111111111111111'],
    ['from 10.0.0.1:8080 and [2001:db8::1]', 'from [ip]:8080 and [[ip]]'],
    ['::1 and ::ffff:1.2.3.4 and fe80::1', '[ip] and [ip] and [ip]'],
    ['at 12:30:00, version 1.2.3, 1.2.3.4.5, 300.1.1.1', 'at 12:30:00, version 1.2.3, 1.2.3.4.5, 300.1.1.1'],
    ['Authorization: Bearer abcdef.ghijkl-123', 'Authorization: Bearer [token]'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!', 'jwt [token]!'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key [token]'],
    ['password=hunter2&user=ann', 'password=[token]&user=ann'],
    ['{"api_key": "s3cr3t", "n": 1}', '{"api_key": "[token]", "n": 1}'],
  ])('%s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
    expect(redactText(redactText(text)), 'twice').toBe(expected);
  });

  it.each([
    ['postgres://admin:s3cret@db.example.com/x', 'postgres://admin:[token]@db.example.com/x'],
    ['-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----.', '[token].'],
    [`sk_live_${'a1'.repeat(8)}`, '[token]'],
    ['🦆 é ann@example.org ü 10.0.0.1 🦆', '🦆 é [email] ü [ip] 🦆'],
    ['', ''],
  ])('finds what the transform does: %s', (text, expected) => expect(redactText(text)).toBe(expected));

  it('takes texts of any length', () => {
    const filler = 'é '.repeat(1_500_000);
    const redacted = redactText(`${filler}ann@example.org ${filler}`);
    expect(redacted === `${filler}[email] ${filler}`).toBe(true);
  });

  it('leaves what was not asked for', () => {
    expect(redactText('ann@example.org from 10.0.0.1', ['ip'])).toBe('ann@example.org from [ip]');
  });

  it.each(['a', 'a@', 'a.', '4 ', '1.', 'a:', ':', 'eyJ', 'eyJaaaaaaaa.', 'password', 'Bearer ', 'x@a.'])(
    'takes linear time on 64 KiB of "%s"',
    (piece) => {
      const text = piece.repeat(Math.ceil(65_536 / piece.length));
      const start = performance.now();
      redactText(text);
      expect(performance.now() - start).toBeLessThan(1000);
    },
  );
});
