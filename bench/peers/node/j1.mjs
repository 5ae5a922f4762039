// J1 as one writes it first: readline, split, JSON.stringify.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

const [input, output] = process.argv.slice(2);
const out = createWriteStream(output);
for await (const line of createInterface({ input: createReadStream(input) })) {
  const parts = line.split(' ');
  const status = Number(parts[8]);
  if (status < 500) continue;
  const record = {
    host: parts[0],
    timestamp: `${parts[3].slice(1)} ${parts[4].slice(0, -1)}`,
    method: parts[5].slice(1),
    path: parts[6],
    status,
    size: parts[9] === '-' ? null : Number(parts[9]),
  };
  if (!out.write(`${JSON.stringify(record)}\n`)) await once(out, 'drain');
}
out.end();
