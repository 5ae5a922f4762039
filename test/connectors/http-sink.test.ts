import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptiveLimit } from '../../connectors/http/adaptive-limit.js';
import { retryAfterMs } from '../../connectors/http/retry-after.js';
import { deadLettersIn } from '../support/letters-in.js';
import { type GivenMessage, messageSource } from '../support/messages.js';
import { runs } from '../support/property.js';
import { runInThread } from '../support/run-pipeline.js';
import { freePort, newFolder, type ReceiverAnswer, receiver } from './http-support.js';

const given = (record: object, position: number): GivenMessage => ({
  bytes: Buffer.from(JSON.stringify(record)),
  position,
  meta: { headers: { shop: 's1' } },
});

/** Sends records to a receiver; gives what became of them. */
async function send(records: readonly object[], sink: string, batchBytes?: number) {
  const folder = newFolder();
  const yaml = `
name: shop
sources: { in: { type: messages } }
sinks: { out: { type: http, inputs: [in], ${sink} } }
runtime: { state: "${folder}/state" }`;
  const metrics = await runInThread(yaml, 'http.yaml', {
    sources: [messageSource(records.map(given))],
    ...(batchBytes !== undefined && { batchBytes }),
  });
  return { metrics, letters: await deadLettersIn(join(folder, 'state/shop')) };
}

const numbered = (count: number): { n: number }[] => Array.from({ length: count }, (_, n) => ({ n }));
const RETRY = 'on_error: { retry: { attempts: 4, backoff: 1ms, max_backoff: 5ms }, then: dead_letter }';

describe('an http sink', () => {
  it('sends each record with its url, method, headers and a key that stays', async () => {
    const { url, requests } = await receiver();
    const records = [
      { sku: 'a/../b?c', n: 1 },
      { sku: 'ö', n: 2, gone: true },
    ];
    const options = `url: "${url}/items/{sku}?n={n}", method: "{gone == true ? 'DELETE' : 'PUT'}", max_concurrency: 1`;
    const headers = `headers: { x-shop: "{meta.headers.shop}", x-none: "{none}", x-fixed: "a b" }, token: my-token`;
    const { letters } = await send(records, `${options}, ${headers}`);
    expect(letters).toEqual([]);
    expect(requests).toMatchObject([
      {
        method: 'PUT',
        path: '/items/a%2F..%2Fb%3Fc?n=1',
        body: JSON.stringify(records[0]),
        headers: {
          'x-shop': 's1',
          'x-fixed': 'a b',
          authorization: 'Bearer my-token',
          'content-type': 'application/json',
          'idempotency-key': 'in:orders/0:0',
        },
      },
      { method: 'DELETE', path: '/items/%C3%B6?n=2' },
    ]);
    expect(requests[0]!.headers).not.toHaveProperty('x-none');
  });

  it('keeps records without a place of their own as dead letters, and asks nobody', async () => {
    const { url, requests } = await receiver();
    const { letters } = await send(
      [{ sku: '..' }, { sku: '' }, {}, { sku: 'x' }],
      `url: "${url}/items/{sku}"`,
    );
    expect(requests.map(({ path }) => path)).toEqual(['/items/x']);
    expect(letters.map(({ code, offset }) => [code, offset]).sort()).toEqual([
      ['request_invalid', 0],
      ['request_invalid', 1],
      ['request_invalid', 2],
    ]);
  });

  it('sends batches whose records agree, in the format of the batch', async () => {
    const { url, requests } = await receiver();
    const records = numbered(20).map(({ n }) => ({ n, to: n % 2 }));
    await send(records, `url: "${url}/{to}", batch: true`);
    expect(requests.map(({ path }) => path)).toEqual(['/0', '/1']);
    const bodies = requests.map(({ body }) =>
      body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).to),
    );
    expect(bodies).toEqual([Array(10).fill(0), Array(10).fill(1)]);
    expect(requests[0]!.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'idempotency-key': 'in:orders/0:0+10',
    });
  });

  it('sends batches as Arrow and CSV that stand by themselves', async () => {
    const { url, requests } = await receiver();
    await send(numbered(3), `url: "${url}", batch: true, format: { type: csv, columns: [n] }`);
    await send(numbered(3), `url: "${url}", batch: true, format: arrow`);
    expect(tableFromIPC(requests[1]!.bytes).numRows).toBe(3);
    expect(requests[0]).toMatchObject({ body: 'n\n0\n1\n2\n', headers: { 'content-type': 'text/csv' } });
  });

  it('tries again what may go well later, and gives up the rest record by record', async () => {
    const fates = ['ok', 'busy once', 'cut once', 'gone', 'busy'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...fates), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 60, max: 4000 }),
        async (list, batchBytes) => {
          const seen = new Set<string>();
          const done: number[] = [];
          const { url } = await receiver(({ body, headers }): ReceiverAnswer => {
            const { n } = JSON.parse(body) as { n: number };
            const key = headers['idempotency-key'] as string;
            expect(key).toBe(`in:orders/0:${n}`);
            const isFirst = !seen.has(key);
            seen.add(key);
            const fate = list[n]!;
            if (fate === 'gone') return { status: 410, body: 'no such item' };
            if (fate === 'busy' || (fate === 'busy once' && isFirst)) return { status: 503 };
            if (fate === 'cut once' && isFirst) return { status: 0, isCut: true };
            done.push(n);
            return { status: 201 };
          });
          const { letters, metrics } = await send(
            numbered(list.length),
            `url: "${url}", ${RETRY}`,
            batchBytes,
          );
          const well = list.flatMap((fate, n) => (fate === 'gone' || fate === 'busy' ? [] : [n]));
          expect(done.sort((a, b) => a - b)).toEqual(well);
          expect(metrics.stage('out').recordsOut).toBe(well.length);
          const found = letters.map(({ offset, code, attempts, record }) => ({
            offset,
            code,
            attempts,
            record,
          }));
          expect(found.sort((a, b) => a.offset - b.offset)).toEqual(
            list.flatMap((fate, offset) => {
              const record = JSON.stringify({ n: offset });
              if (fate === 'gone') return [{ offset, code: 'http_410', attempts: 1, record }];
              return fate === 'busy' ? [{ offset, code: 'http_503', attempts: 4, record }] : [];
            }),
          );
        },
      ),
      { numRuns: runs(20) },
    );
  }, 60_000);

  it('waits as long as Retry-After asks', async () => {
    const times: number[] = [];
    const { url } = await receiver((_, index) => {
      times.push(performance.now());
      return index === 0 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 200 };
    });
    await send([{ n: 1 }], `url: "${url}", ${RETRY}`);
    expect(times[1]! - times[0]!).toBeGreaterThan(900);
  });

  it('reads only the beginning of an answer, and says it', async () => {
    const { url } = await receiver(() => ({ status: 400, body: Buffer.alloc(8 * 2 ** 20, 'x') }));
    const { letters } = await send([{ n: 1 }], `url: "${url}"`);
    expect(letters[0]!.message).toMatch(/^the receiver answered 400: x{300}$/);
  });

  it('waits for a receiver that is not there yet', async () => {
    const port = await freePort();
    const { letters } = await send([{ n: 1 }], `url: "http://127.0.0.1:${port}", ${RETRY}`);
    expect(letters).toMatchObject([{ code: 'request_failed', attempts: 4 }]);
  });

  it('sends no more at once than it may, and less to a receiver that is overloaded', async () => {
    let most = 0;
    const busy = await receiver(async () => {
      most = Math.max(most, busy.mostAtOnce());
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { status: 200 };
    });
    await send(numbered(200), `url: "${busy.url}", max_concurrency: 8`);
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(8);
  });
});

describe('the limit of requests at a time', () => {
  it('is never passed, never below one, and halves once for what was under way together', async () => {
    const outcome = fc.constantFrom('well' as const, 'overloaded' as const, 'other' as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { maxLength: 300 }),
        fc.integer({ min: 1, max: 40 }),
        async (list, max) => {
          const limit = new AdaptiveLimit(max);
          const open: number[] = [];
          for (const one of list) {
            while (limit.underWay < limit.limit) open.push(await limit.begin());
            expect(limit.underWay).toBeLessThanOrEqual(max);
            const before = limit.limit;
            limit.end(open.shift()!, one);
            expect(limit.limit).toBeGreaterThanOrEqual(Math.max(1, Math.floor(before / 2)));
          }
        },
      ),
      { numRuns: runs(200) },
    );
    const limit = new AdaptiveLimit(8);
    const periods = [await limit.begin(), await limit.begin(), await limit.begin(), await limit.begin()];
    for (const period of periods) limit.end(period, 'overloaded');
    expect(limit.limit).toBe(2);
  });
});

describe('Retry-After', () => {
  it.each([
    [undefined, 0],
    ['2', 2000],
    ['99999999', 300_000],
    ['Thu, 01 Jan 1970 00:00:07 GMT', 6000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', 0],
    ['-1', 0],
  ])('%s is %d ms at second 1', (value, waitMs) => {
    expect(retryAfterMs(value, 1000)).toBe(waitMs);
  });
});
