import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { History } from '../../src/admin/history.js';
import { AdminServer, type AdminViews, type ObservedPipeline } from '../../src/admin/index.js';
import { MillraceError } from '../../src/base/errors.js';
import { Secret } from '../../src/base/secrets.js';
import { Taps } from '../../src/runtime/index.js';
import { ROOT } from '../cli/support.js';
import { prepareRun } from '../support/run-pipeline.js';

const YAML = `
sources: { web: { type: generate, kind: access_log, count: 10 } }
sinks: { out: { type: blackhole, inputs: [web] } }
`;

async function started(changes: Partial<AdminViews> = {}, token?: string): Promise<URL> {
  const run = await prepareRun(YAML, 'p.yaml');
  const views: AdminViews = {
    pipeline: () => ({ ...run.observe(), rates: {} }),
    deadLetters: async (asked) => ({ asked: asked.getAll('stage') }),
    deadLetter: async (name) => (name === 'web/17' ? { id: name } : undefined),
    durableQueues: async () => [],
    letterActions: {
      replay: async (asked) => ({ replayed: asked.getAll('id') }),
      discard: async () => {
        throw new MillraceError('cannot_stand_still', 'it cannot', { blame: 'external' });
      },
    },
    taps: new Taps(),
    ...changes,
  };
  const address = { host: '127.0.0.1', port: 0 };
  const server = await AdminServer.start({
    address,
    views,
    dashboard: DASHBOARD,
    ...(token && { token: new Secret(token) }),
  });
  onTestFinished(() => server.close());
  return new URL(server.url);
}

const DASHBOARD = join(ROOT, 'dist/bin/dashboard');

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** Unlike `fetch`, it sends what it is given, whatever the headers. */
function ask(
  base: URL,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: base.hostname, port: base.port, path, headers, method }, (response) => {
      let text = '';
      response.on('data', (data: Buffer) => {
        text += data.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode, text, headers: response.headers }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

describe('the server for operators', () => {
  it('says whether the process lives and the pipeline runs', async () => {
    let pipeline: ObservedPipeline | undefined;
    const base = await started({ pipeline: () => pipeline });
    expect(await ask(base, '/health')).toMatchObject({ status: 200, text: '{"status":"ok"}\n' });
    expect(await ask(base, '/ready')).toMatchObject({ status: 503, text: '{"status":"starting"}\n' });
    const run = await prepareRun(YAML, 'p.yaml');
    pipeline = { ...run.observe(), rates: {} };
    expect(await ask(base, '/ready')).toMatchObject({ status: 200 });
    pipeline = { ...pipeline, draining: true };
    expect(await ask(base, '/ready')).toMatchObject({ status: 503, text: '{"status":"draining"}\n' });
  });

  it('gives what it knows as JSON', async () => {
    const base = await started();
    const pipeline = JSON.parse((await ask(base, '/api/pipeline')).text) as ObservedPipeline;
    expect(pipeline.stages.map(({ id }) => id)).toEqual(['web', 'out']);
    const letters = await ask(base, '/api/dead-letters?stage=a&stage=b');
    expect(JSON.parse(letters.text)).toEqual({ asked: ['a', 'b'] });
    expect(await ask(base, '/api/dead-letters/web%2F17')).toMatchObject({ status: 200 });
    expect(await ask(base, '/api/dead-letters/18')).toMatchObject({ status: 404 });
    expect(await ask(base, '/api/dead-letters/%')).toMatchObject({ status: 404 });
    expect(await ask(base, '/../../etc/passwd')).toMatchObject({ status: 404 });
  });

  it('keeps the last minutes, of which a reader asks for what is new', async () => {
    const run = await prepareRun(YAML, 'p.yaml');
    const rates = {
      web: { recordsIn: 0, recordsOut: 7, bytes: 0 },
      out: { recordsIn: 7, recordsOut: 0, bytes: 0 },
    };
    const counts = new Array<number>(14).fill(0);
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const history = new History(() => {
      counts[2]!++;
      const stages = run
        .observe()
        .stages.map((stage) => ({ ...stage, latency: { counts: [...counts], sumMs: 5 } }));
      return { ...run.observe(), stages, rates };
    });
    vi.advanceTimersByTime(2000 * 200);
    const all = history.after(0);
    expect(all.length).toBe(150);
    expect(all[0]!.stages.web).toEqual({ recordsIn: 0, recordsOut: 7, p50Ms: 5, p99Ms: 5 });
    expect(history.after(all[147]!.timeMs)).toEqual(all.slice(148));
    history.close();
    vi.advanceTimersByTime(10_000);
    expect(history.after(all[149]!.timeMs)).toEqual([]);
  });

  it('streams records that pass a stage, as many as are asked for, to eight readers at most', async () => {
    const taps = new Taps();
    const base = await started({ taps });
    const path = (query = '') => `/api/stages/web/records${query}`;
    expect(await ask(base, path('?of=both'))).toMatchObject({ status: 400 });
    expect(await ask(base, path('?limit=0'))).toMatchObject({ status: 400 });
    expect(await ask(base, '/api/stages/none/records')).toMatchObject({ status: 404 });
    const open = await Promise.all(Array.from({ length: 8 }, () => fetch(new URL(path('?limit=3'), base))));
    expect(await ask(base, path())).toMatchObject({ status: 429 });
    const wanted = () => taps.wanted(new Set(['web']));
    expect(wanted()).toEqual([{ stage: 'web', side: 'outputs', records: 50 }]);
    expect(wanted(), 'soon after').toBeUndefined();
    taps.give([{ stage: 'web', side: 'outputs', records: ['{"a":1}', '{"a":2}'] }]);
    taps.give([{ stage: 'web', side: 'inputs', records: ['{"b":1}'] }]);
    taps.give([{ stage: 'web', side: 'outputs', records: ['{"a":3}', '{"a":4}'] }]);
    for (const response of open) expect(await response.text()).toBe('{"a":1}\n{"a":2}\n{"a":3}\n');
  });

  it('acts on dead letters that are posted as JSON, by its own page or by a program', async () => {
    const base = await started();
    const post = (body: string, headers: Record<string, string> = {}, action = 'replay') =>
      ask(
        base,
        `/api/dead-letters/${action}`,
        { 'Content-Type': 'application/json', ...headers },
        'POST',
        body,
      );
    const done = { status: 200, text: '{"replayed":["7","8"]}\n' };
    expect(await post('{"id":["7",8]}')).toMatchObject(done);
    const own = { Origin: base.origin, Host: base.host, 'Sec-Fetch-Site': 'same-origin' };
    expect(await post('{"id":["7","8"]}', own)).toMatchObject(done);
    for (const foreign of [
      { Origin: 'http://evil.example' },
      { Origin: 'null' },
      { Origin: `http://localhost:${Number(base.port) + 1}` },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none' },
      { Host: 'evil.example' },
    ])
      expect(await post('{}', foreign as Record<string, string>), JSON.stringify(foreign)).toMatchObject({
        status: 403,
      });
    for (const type of ['', 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])
      expect(await post('{}', { 'Content-Type': type })).toMatchObject({ status: 415 });
    for (const body of ['', '[]', 'null', '{"id":{}}', '{"id":[[]]}', '{"id":null}'])
      expect(await post(body), body).toMatchObject({ status: 400 });
    expect(JSON.parse((await post('{}', {}, 'discard')).text)).toEqual({
      error: { code: 'cannot_stand_still', message: 'it cannot' },
    });
    const { status, headers } = await ask(base, '/api/dead-letters/replay');
    expect([status, headers.allow]).toEqual([405, 'POST']);
    expect(await post('{}', {}, 'keep')).toMatchObject({ status: 405 });
  });

  it('changes nothing else, and answers no page of another site', async () => {
    const base = await started();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect(await ask(base, '/api/pipeline', {}, method)).toMatchObject({ status: 405 });
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1'])
      expect(await ask(base, '/api/pipeline', { Host: host })).toMatchObject({ status: 403 });
    for (const host of ['localhost', 'localhost:9600', '127.0.0.1:1', '[::1]:9600'])
      expect(await ask(base, '/api/pipeline', { Host: host })).toMatchObject({ status: 200 });
    expect(await ask(base, '/metrics', { 'Sec-Fetch-Site': 'cross-site' })).toMatchObject({ status: 403 });
    const { headers } = await ask(base, '/api/pipeline', { Origin: 'http://evil.example' });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('wants the token, where there is one', async () => {
    const base = await started({}, 'let-me-in');
    expect(await ask(base, '/health')).toMatchObject({ status: 200 });
    const json = { 'Content-Type': 'application/json' };
    expect(await ask(base, '/api/dead-letters/replay', json, 'POST', '{}')).toMatchObject({ status: 401 });
    for (const path of ['/metrics', '/api/pipeline', '/api/none'])
      for (const Authorization of ['', 'Bearer', 'Bearer let-me', 'Bearer let-me-in-', 'Basic let-me-in'])
        expect(await ask(base, path, { Authorization })).toMatchObject({ status: 401 });
    const Authorization = 'Bearer let-me-in';
    expect(await ask(base, '/metrics', { Authorization, Host: 'logs.example' })).toMatchObject({
      status: 200,
    });
  });

  it('listens beyond this machine only with a token', async () => {
    const views = {} as AdminViews;
    for (const host of ['0.0.0.0', '::', '10.1.2.3', 'example.com'])
      await expect(
        AdminServer.start({ address: { host, port: 0 }, views, dashboard: DASHBOARD }),
      ).rejects.toMatchObject({
        code: 'token_needed',
      });
  });

  it('says so when the address is taken', async () => {
    const base = await started();
    const address = { host: base.hostname, port: Number(base.port) };
    await expect(
      AdminServer.start({ address, views: {} as AdminViews, dashboard: DASHBOARD }),
    ).rejects.toThrow(`--listen ${base.host}: listen EADDRINUSE`);
  });

  it('takes heads of 16 KiB and 64 connections at most', async () => {
    const base = await started();
    expect(await ask(base, '/health', { Padding: 'x'.repeat(17 * 1024) })).toMatchObject({ status: 431 });
    const sockets = Array.from({ length: 64 }, () => connect(Number(base.port), base.hostname));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await expect(ask(base, '/health')).rejects.toThrow();
  });

  it('goes on when a view fails, and says why', async () => {
    const base = await started({
      durableQueues: async () => {
        throw new Error('the disk is gone');
      },
    });
    const { status, text } = await ask(base, '/api/queues');
    expect(status).toBe(500);
    expect(JSON.parse(text)).toEqual({ error: { code: 'internal_error', message: 'the disk is gone' } });
    expect(await ask(base, '/health')).toMatchObject({ status: 200 });
  });
});
