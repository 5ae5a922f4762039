import { describe, expect, it } from 'vitest';
import { decodeOne } from '../suites/records.js';

const AT = { micros: Date.UTC(2000, 9, 11, 14, 32, 52) * 1000 };

function decode(line: string, options: object = {}) {
  return decodeOne('apache_error', line, options);
}

describe('apache_error', () => {
  it('takes all parts of a line of httpd 2.4', () => {
    const line =
      '[Wed Oct 11 14:32:52.123456 2000] [core:error] [pid 35708:tid 4328636416] (2)No such file: ' +
      '[client 192.0.2.7:35106] AH00128: File does not exist: /var/www/[x]';
    expect(decode(line)).toEqual({
      timestamp: { micros: AT.micros + 123_456 },
      module: 'core',
      severity: 'error',
      pid: 35_708,
      thread: '4328636416',
      error: '(2)No such file',
      client: '192.0.2.7',
      port: 35_106,
      message: 'AH00128: File does not exist: /var/www/[x]',
    });
  });

  it('takes lines of httpd 2.2, whose addresses have no port', () => {
    expect(decode('[Wed Oct 11 14:32:52 2000] [error] [client 2001:db8::1] denied')).toEqual({
      timestamp: AT,
      severity: 'error',
      client: '2001:db8::1',
      message: 'denied',
    });
  });

  it.each([
    ['192.0.2.7:80', { client: '192.0.2.7', port: 80 }],
    ['2001:db8::1:80', { client: '2001:db8::1', port: 80 }],
    ['shop.test', { client: 'shop.test' }],
  ])('takes the client %s of httpd 2.4', (address, fields) => {
    const row = decode(`[Wed Oct 11 14:32:52 2000] [:warn] [pid 1] [client ${address}] x`);
    expect(row).toEqual({ timestamp: AT, severity: 'warn', pid: 1, message: 'x', ...fields });
  });

  it('takes lines of which nothing is known', () => {
    expect(decode('- - - - -')).toEqual({});
    expect(decode('[Wed Oct 11 14:32:52 2000] [-] started: [client')).toEqual({
      timestamp: AT,
      message: 'started: [client',
    });
  });

  it('takes times of access logs, of a format of the file, and in a timezone', () => {
    const row = { timestamp: AT, severity: 'info', message: 'x' };
    expect(decode('[11/Oct/2000:16:32:52 +0200] [info] x')).toEqual(row);
    const options = { timestamp_format: '%Y/%m/%d %H:%M:%S', timezone: 'Europe/Paris' };
    expect(decode('[2000/10/11 16:32:52] [info] x', options)).toEqual(row);
  });

  it.each([
    ['', 'expected a time in brackets or "-" at column 1'],
    ['[Wed', 'expected "]" after a time at column 5'],
    ['[Wed]', 'expected a time such as Wed Oct 11 14:32:52.123456 2000 at column 2'],
    ['- x', 'expected a module and severity in brackets or "-" at column 3'],
    ['- - [pid x]', 'expected a process id at column 10'],
    ['- - [pid 1:x]', 'expected "tid" and a thread id at column 12'],
    ['- - [client a:b] x', 'expected a port at column 15'],
  ])('refuses "%s"', (line, message) => expect(decode(line)).toBe(message));
});
