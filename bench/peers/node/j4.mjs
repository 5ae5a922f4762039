// J4 as one writes it first: readline and write.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

const [input, output] = process.argv.slice(2);
const out = createWriteStream(output);
for await (const line of createInterface({ input: createReadStream(input) })) {
  if (!out.write(`${line}\n`)) await once(out, 'drain');
}
out.end();
