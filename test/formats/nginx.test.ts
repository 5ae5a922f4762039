import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../src/formats/index.js';
import { configOf, decodeOne } from '../suites/records.js';
import { decodeAll, only } from './support.js';

const REQUEST = '[31/Mar/2021:12:04:07 +0200] "GET /cart HTTP/1.1" 200 612';
const AT = { micros: Date.UTC(2021, 2, 31, 10, 4, 7) * 1000 };

function decode(log: string, line: string, options: object = {}) {
  return decodeOne('nginx', line, { ...options, log });
}

describe('nginx, access logs', () => {
  it('takes the lines of combined, with and without what was compressed', () => {
    const line = `192.0.2.7 - alice ${REQUEST} "-" "curl/7.75.0"`;
    const fields = {
      client: '192.0.2.7',
      user: 'alice',
      timestamp: AT,
      request: 'GET /cart HTTP/1.1',
      status: 200,
      size: 612,
      agent: 'curl/7.75.0',
    };
    expect(decode('combined', line)).toEqual(fields);
    expect(decode('combined', `${line} "2.75"`)).toEqual({ ...fields, compression: '2.75' });
  });

  it('takes the lines of main, with all proxies', () => {
    const line = `192.0.2.7 - - ${REQUEST} "http://shop/" "" "192.0.2.1, 192.0.2.2"`;
    expect(decode('main', line)).toEqual({
      remote_addr: '192.0.2.7',
      timestamp: AT,
      request: 'GET /cart HTTP/1.1',
      status: 200,
      body_bytes_size: 612,
      http_referer: 'http://shop/',
      http_user_agent: '',
      http_x_forwarded_for: '192.0.2.1, 192.0.2.2',
    });
  });

  it.each([
    ['one upstream', '192.0.2.9:80 19437 0.049 200', ['192.0.2.9:80', 19_437, 0.049, 200]],
    ['none', '- - - -', [undefined, undefined, undefined, undefined]],
    [
      'the last of several that were asked in turn',
      '192.0.2.8:80, 192.0.2.9:80 0, 7 0.001, 0.050 502, 200',
      ['192.0.2.9:80', 7, 0.05, 200],
    ],
    [
      'the last after a redirect within nginx',
      '192.0.2.8:80 : 192.0.2.9:80 0 : 7 1 : 2.5 404 : 200',
      ['192.0.2.9:80', 7, 2.5, 200],
    ],
    ['the last, which gave nothing', '192.0.2.8:80, 192.0.2.9:80 0, - 0.001, - 502, -', ['192.0.2.9:80']],
  ])('takes of an ingress controller %s', (_what, upstream, [addr, length, time, status]) => {
    const line = `192.0.2.7 - - ${REQUEST} "-" "-" 462 0.050 [shop-80] [] ${upstream} 7521`;
    const row = decode('ingress_upstreaminfo', line) as Record<string, unknown>;
    expect(row).toMatchObject({
      request_length: 462,
      request_time: 0.05,
      proxy_upstream_name: 'shop-80',
      req_id: '7521',
    });
    expect(row).not.toHaveProperty('proxy_alternative_upstream_name');
    expect([
      row.upstream_addr,
      row.upstream_response_length,
      row.upstream_response_time,
      row.upstream_status,
    ]).toEqual([addr, length, time, status]);
  });

  it('takes times in another format and timezone', () => {
    const line = '192.0.2.7 - - [2021-03-31 12:04:07] "-" 400 0 "-" "-"';
    const options = { timestamp_format: '%Y-%m-%d %H:%M:%S', timezone: 'Europe/Paris' };
    expect(decode('combined', line, options)).toEqual({
      client: '192.0.2.7',
      timestamp: AT,
      status: 400,
      size: 0,
    });
  });

  it.each([
    ['', 'expected the client at column 1'],
    ['192.0.2.7 x - [', 'expected "-" at column 11'],
    [
      '192.0.2.7 - - [31/Foo/2021:12:04:07 +0200]',
      'expected a time such as 10/Oct/2000:13:55:36 -0700 at column 16',
    ],
    ['192.0.2.7 - - [31/Mar/2021:12:04:07 +0200] GET', 'expected a quoted request at column 44'],
    [
      '192.0.2.7 - - [31/Mar/2021:12:04:07 +0200] "GET',
      'expected a quoted request, which begins at column 44, to end at column 48',
    ],
    [`192.0.2.7 - - ${REQUEST}kB "-" "-"`, 'expected the size as a number at column 69'],
    [`192.0.2.7 - - ${REQUEST} "-"`, 'expected a space and the agent at column 76'],
    [`192.0.2.7 - - ${REQUEST} "-" "-" "-" 1`, 'expected the end of the line at column 84'],
  ])('refuses "%s"', (line, message) => expect(decode('combined', line)).toBe(message));
});

describe('nginx, error logs', () => {
  it('takes what nginx appends to a message, apart from it', () => {
    const line =
      '2021/04/01 13:02:31 [error] 31#32: *1 open() "/a, b" failed (2: No such file), client: 192.0.2.7, ' +
      'server: shop.test, request: "GET /cart HTTP/1.1", upstream: "http://192.0.2.9:80/", host: "shop:80", referrer: ""';
    expect(decode('error', line)).toEqual({
      timestamp: { micros: Date.UTC(2021, 3, 1, 13, 2, 31) * 1000 },
      severity: 'error',
      pid: 31,
      tid: 32,
      cid: 1,
      message: 'open() "/a, b" failed (2: No such file)',
      client: '192.0.2.7',
      server: 'shop.test',
      request: 'GET /cart HTTP/1.1',
      upstream: 'http://192.0.2.9:80/',
      host: 'shop:80',
      referer: '',
    });
  });

  it.each([
    'delaying requests, excess: 50.416, by zone "api", client: 192.0.2.7',
    'delaying requests, excess: 50.416 by zone "api", client: 192.0.2.7',
  ])('takes the excess of %s', (text) => {
    expect(decode('error', `2021/04/01 13:02:31 [error] 31#32: ${text}`)).toMatchObject({
      message: 'delaying requests',
      excess: 50.416,
      zone: 'api',
      client: '192.0.2.7',
    });
  });

  it.each([
    'signal process started',
    'told the client, client: gone, and went on',
    'closed, request: "GET / HTTP/1.1',
    'limiting requests, excess: 1.2.3 by zone "api"',
  ])('takes all of "%s" as the message', (text) => {
    expect(decode('error', `2021/04/01 13:02:31 [notice] 1#1: ${text}`)).toEqual({
      timestamp: { micros: Date.UTC(2021, 3, 1, 13, 2, 31) * 1000 },
      severity: 'notice',
      pid: 1,
      tid: 1,
      message: text,
    });
  });

  it.each([
    ['', 'expected a time such as 2021/04/01 13:02:31 at column 1'],
    ['2021/04/01 [error]', 'expected a time such as 2021/04/01 13:02:31 at column 1'],
    ['2021/04/01 13:02:31 []', 'expected a severity at column 22'],
    ['2021/04/01 13:02:31 [error] x', 'expected a process id at column 29'],
    ['2021/04/01 13:02:31 [error] 1: x', 'expected "#" and a thread id at column 30'],
    ['2021/04/01 13:02:31 [error] 1#1: ', 'expected a space and a message at column 33'],
  ])('refuses "%s"', (line, message) => expect(decode('error', line)).toBe(message));

  it('gives what is wanted as columns', () => {
    const decoder = formatNamed('nginx')!.decoder!.create(configOf('nginx', { log: 'error' }));
    const lines = ['2021/04/01 13:02:31 [crit] 1#1: x, server: a', 'x'];
    const { rows } = decodeAll(decoder, lines, { wanted: only('severity', 'server') });
    expect(rows).toEqual([{ severity: 'crit', server: 'a' }, expect.stringContaining('a time')]);
  });
});
