// What one writes first: each message of a topic parsed, filtered and written as a line, with the client's own consumer.
// Arguments: broker, topic, number of messages, output.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Consumer } from '@platformatic/kafka';

const [broker, topic, count, path] = process.argv.slice(2);
const consumer = new Consumer({ clientId: 'loop', groupId: randomUUID(), bootstrapBrokers: [broker] });
const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: 1000 });
const out = createWriteStream(path);
let left = Number(count);
for await (const { value } of stream) {
  const record = JSON.parse(value.toString());
  if (record.level === 'error' && !out.write(`${JSON.stringify(record)}\n`)) await once(out, 'drain');
  if (--left === 0) break;
}
out.end();
await once(out, 'finish');
await consumer.close(true);
