import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { AMQP_URL, describeWith, RABBITMQ } from '../../support/brokers.js';
import { runInThread } from '../../support/run-pipeline.js';
import { newFolder, Peer } from './amqp-support.js';

const describe = await describeWith(RABBITMQ);
const run = promisify(execFile);

describe('messages from and to amqp-tools', () => {
  it('reads what amqp-publish has sent', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    for (let n = 0; n < 5; n++) {
      const body = JSON.stringify({ n });
      const args = [
        '--url',
        AMQP_URL,
        '-r',
        queue,
        '-p',
        '-C',
        'application/json',
        '-H',
        `n: ${n}`,
        '-b',
        body,
      ];
      execFileSync('amqp-publish', args);
    }
    const out = join(newFolder(), 'out.ndjson');
    await runInThread(
      `
sources: { in: { type: amqp, url: "${AMQP_URL}", queue: ${queue}, follow: false, format: json } }
transforms: { said: { type: map, inputs: [in], set: { header: meta.headers.n, type: meta.properties.content_type } } }
sinks: { out: { type: file, inputs: [said], path: "${out}", format: json } }
`,
      'amqp.yaml',
    );
    const records = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(records.map((line) => JSON.parse(line) as unknown)).toEqual(
      Array.from({ length: 5 }, (_, n) => ({ n, header: `${n}`, type: 'application/json' })),
    );
  });

  it('is read by amqp-get and amqp-consume', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    await runInThread(
      `
sources: { in: { type: generate, kind: app_json, format: json, count: 4, seed: 1 } }
transforms: { some: { type: map, inputs: [in], set: { id: meta.id }, keep: [id] } }
sinks: { out: { type: amqp, inputs: [some], url: "${AMQP_URL}", routing_key: ${queue} } }
runtime: { state: "${newFolder()}" }
`,
      'amqp.yaml',
    );
    const got = execFileSync('amqp-get', ['--url', AMQP_URL, '-q', queue]).toString();
    const show = join(newFolder(), 'show.sh');
    writeFileSync(show, '#!/bin/sh\ncat\necho\n', { mode: 0o755 });
    const { stdout } = await run('amqp-consume', [
      '--url',
      AMQP_URL,
      '-q',
      queue,
      '-c',
      '3',
      '-p',
      '1',
      show,
    ]);
    const ids = [got, ...stdout.trimEnd().split('\n')].map((text) => (JSON.parse(text) as { id: string }).id);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^in:/);
    expect(await peer.waiting(queue)).toBe(0);
  });
});
