// An inventory service (port 8687) and a payment service (port 8688) to try the pipeline with. Both remember the keys
// of requests, so that one that comes again changes nothing. Each third request finds the payment service busy, and
// the customer "eve" cannot pay.
import { createServer } from 'node:http';

/** @param {string} name @param {number} port @param {(path: string, order: any) => number} handle gives the status */
function service(name, port, handle) {
  const done = new Set();
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const key = request.headers['idempotency-key'];
    const status = done.has(key)
      ? 200
      : handle(request.url ?? '', JSON.parse(Buffer.concat(parts).toString()));
    if (status < 300) done.add(key);
    process.stdout.write(`${name}: ${request.url} ${key} → ${status}\n`);
    response.writeHead(status, status === 503 ? { 'Retry-After': '1' } : {}).end();
  });
  server.listen(port, '127.0.0.1');
}

let calls = 0;
service('inventory', 8687, () => 201);
service('payment', 8688, (_path, order) => {
  calls++;
  if (calls % 3 === 0) return 503;
  return order.customer === 'eve' ? 402 : 201;
});
