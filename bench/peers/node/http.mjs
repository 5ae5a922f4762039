// What one writes first: takes orders by POST, parses them, appends them to a file and answers. Nothing is synced.
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';

const [port, path] = process.argv.slice(2);
const out = createWriteStream(path, { flags: 'a' });
let next = 0;
createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const records = Buffer.concat(parts)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    const ids = records.map(() => `orders:${next++}`);
    out.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    response
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify({ records: records.length, ids }));
  });
}).listen(Number(port), '127.0.0.1');
