import { describe, expect, it } from 'vitest';
import { addressText, isLoopback, parseAddress } from '../../src/base/socket-address.js';

describe('addresses', () => {
  it.each(['127.0.0.1:9600', 'localhost:0', '[::1]:65535', '0.0.0.0:80', 'logs.example:1'])(
    'are read and written: %s',
    (text) => expect(addressText(parseAddress(text)!)).toBe(text),
  );

  it.each(['', '9600', ':9600', 'a:b', '::1:9600', '[::1]', 'a:65536', 'a b:1', 'http://a:1'])(
    'must have a host and a port: "%s"',
    (text) => expect(parseAddress(text)).toBeUndefined(),
  );

  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['::1', true],
    ['[::1]', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.example', false],
    ['localhost.example', false],
    ['', false],
  ])('know whether they stay on this machine: "%s" %s', (host, stays) =>
    expect(isLoopback(host)).toBe(stays),
  );
});
