// A push service (port 8689) to try the pipeline with: takes messages, one JSON object a line, and remembers their ids,
// so that one that comes again is not pushed again. Each fourth request finds it busy.
import { createServer } from 'node:http';

const pushed = new Set();
let requests = 0;
createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  requests++;
  if (requests % 4 === 0) {
    response.writeHead(503, { 'Retry-After': '1' }).end();
    return;
  }
  const messages = Buffer.concat(parts)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  for (const { id, to, text } of messages) {
    if (!pushed.has(id)) process.stdout.write(`to ${to}: ${text}\n`);
    pushed.add(id);
  }
  response.writeHead(202).end();
}).listen(8689, '127.0.0.1');
