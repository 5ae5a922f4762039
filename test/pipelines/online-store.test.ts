import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, run, start, temporaryFolder, until } from '../cli/support.js';
import { freePort, post, type Receiver, receiver } from '../connectors/http-support.js';

const PIPELINE = join(ROOT, 'pipelines/online-store/pipeline.yaml');

interface Order {
  readonly customer: string;
  readonly total: number;
  readonly items: readonly { readonly sku: string; readonly count: number }[];
}

const order = (n: number, customer = `c${n}`): Order => ({
  customer,
  total: n + 0.5,
  items: [
    { sku: `a${n}`, count: 1 },
    { sku: `b${n}`, count: 2 },
  ],
});

/** What a service has done: requests by their keys, which it does not do twice. */
const doneBy = ({ requests }: Receiver): Set<string> =>
  new Set(requests.map(({ headers }) => headers['idempotency-key'] as string));

/** Sends an order as a browser does that wants an answer. */
async function place(url: string, n: number, customer?: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': `cart-${n}` };
  for (;;) {
    const answer = await post(url, JSON.stringify(order(n, customer)), { headers }).catch(() => undefined);
    if (answer?.status === 200) return (JSON.parse(answer.text) as { ids: string[] }).ids[0]!;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the online store', () => {
  it('confirms orders while a service is down and the process is killed, and asks for each payment once', async () => {
    let isDown = true;
    let canPay = false;
    const inventory = await receiver();
    const paid = new Map<string, number>();
    const payment = await receiver(({ body, headers }) => {
      const { customer } = JSON.parse(body) as Order;
      if (isDown) return { status: 503 };
      if (customer === 'eve' && !canPay) return { status: 402, body: 'no money' };
      const key = headers['idempotency-key'] as string;
      paid.set(key, (paid.get(key) ?? 0) + 1);
      return { status: 201 };
    });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/orders`;
    const options = {
      cwd: temporaryFolder(),
      env: { ORDERS_ADDRESS: `127.0.0.1:${port}`, INVENTORY_URL: inventory.url, PAYMENT_URL: payment.url },
    };
    const shop = () => start(['run', PIPELINE, '--workers', '1'], options);
    let { child, ended } = shop();

    const ids = new Map<number, string>();
    for (let n = 0; n < 10; n++) ids.set(n, await place(url, n));
    await until(() => doneBy(inventory).size === 20, 'the items of ten orders are reserved');
    expect(paid.size).toBe(0);

    child.kill('SIGKILL');
    await ended;
    ({ child, ended } = shop());
    for (let n = 5; n < 20; n++) {
      const id = await place(url, n, n === 19 ? 'eve' : undefined);
      expect(ids.get(n) ?? id, 'an order that was confirmed is not taken again').toBe(id);
      ids.set(n, id);
    }
    isDown = false;
    await until(() => paid.size === 19 && doneBy(inventory).size === 40, 'all but one have paid');
    expect(new Set(paid.keys())).toEqual(new Set([...ids].flatMap(([n, id]) => (n === 19 ? [] : [id]))));
    const reserved = [...ids].flatMap(([n, id]) => [`${id}/a${n}`, `${id}/b${n}`]);
    expect(doneBy(inventory)).toEqual(new Set(reserved));

    const letters = async () => {
      const { out } = await run(['dlq', 'list', PIPELINE, '--format', 'json'], options);
      return out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    };
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
    expect(await letters()).toMatchObject([
      { stage: 'payment', code: 'http_402', record: JSON.stringify(order(19, 'eve')) },
    ]);
    canPay = true;
    expect(await run(['dlq', 'replay', PIPELINE], options)).toMatchObject({ code: 0 });
    expect(paid.get(ids.get(19)!)).toBe(1);
    expect(await letters()).toEqual([]);
  }, 60_000);
});
