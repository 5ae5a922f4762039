import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { records, start, temporaryFolder, until, write } from '../cli/support.js';
import { freePort, post } from '../connectors/http-support.js';
import { scale, seedOf, uniform } from './seeds.js';

const KILLS = 4 * scale();
const CLIENTS = 8;

const STAGES: readonly (readonly [string, string])[] = [
  ['to a file', 'sinks: { out: { type: file, inputs: [in], path: out.ndjson } }'],
  ['through a queue on disk', 'sinks: { out: { type: file, inputs: [in], path: out.ndjson, queue: disk } }'],
];

/** A client that sends its requests one after the other, each until it is answered. */
async function sendAll(url: string, client: number, isOver: () => boolean): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sent: number[] = [];
  for (let request = 0; !isOver(); request++) {
    const first = client * 1e6 + request * 3;
    const body = [0, 1, 2].map((i) => `{"n":${first + i}}\n`).join('');
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': `${client}/${request}` };
    let status = 0;
    while (status !== 200) {
      status = await post(url, body, { headers, agent }).then(
        (answer) => answer.status,
        () => 0,
      );
      // Nobody listens for the moment.
      if (status !== 200) await sleep(5);
    }
    sent.push(first, first + 1, first + 2);
  }
  agent.destroy();
  return sent;
}

describe('an http source that is killed again and again', () => {
  it.each(STAGES)(
    'has every record of each request once, which was sent until it was answered: %s',
    async (name, stages) => {
      const seed = seedOf(name);
      const random = uniform(seed);
      const folder = temporaryFolder();
      const port = await freePort();
      const url = `http://127.0.0.1:${port}/`;
      const source = `sources: { in: { type: http, address: "127.0.0.1:${port}" } }`;
      const runtime = 'runtime: { checkpoint: 20ms, workers: 1 }';
      write(folder, 'p.yaml', `name: torture\n${source}\n${stages}\n${runtime}\n`);
      const run = () => start(['run', 'p.yaml', '--log-level', 'warn'], { cwd: folder });
      let isOver = false;
      let { child, ended } = run();
      const clients = Array.from({ length: CLIENTS }, (_, client) => sendAll(url, client, () => isOver));
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(300 + random(500));
        child.kill('SIGKILL');
        await ended;
        ({ child, ended } = run());
      }
      await sleep(500);
      isOver = true;
      const sent = (await Promise.all(clients)).flat();
      child.kill('SIGTERM');
      expect(await ended, `seed ${seed}`).toMatchObject({ code: 0 });
      const output = () => records(join(folder, 'out.ndjson')).map(({ n }) => n as number);
      // What was in the queue when the run ended comes out in the next one.
      ({ child, ended } = run());
      await until(() => output().length >= sent.length, 'all records are in the output');
      child.kill('SIGTERM');
      await ended;
      const found = output();
      expect(sent.length, `seed ${seed}`).toBeGreaterThan(100);
      expect(
        found.sort((a, b) => a - b),
        `seed ${seed}`,
      ).toEqual(sent.sort((a, b) => a - b));
    },
    60_000 * scale(),
  );
});
