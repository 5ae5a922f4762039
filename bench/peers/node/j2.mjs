// J2 as one writes it first: readline, JSON.parse, JSON.stringify.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

const [input, output] = process.argv.slice(2);
const out = createWriteStream(output);
for await (const line of createInterface({ input: createReadStream(input) })) {
  const record = JSON.parse(line);
  if (record.level !== 'error') continue;
  delete record.host;
  delete record.pid;
  delete record.tags;
  record.site = 'eu-1';
  if (!out.write(`${JSON.stringify(record)}\n`)) await once(out, 'drain');
}
out.end();
