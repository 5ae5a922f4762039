import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lines, logged, run, type Started, start, temporaryFolder, until, write } from './support.js';

const COUNT = 12_000;
const FAILING = '1000 / (status - 500) > -9999';
const MENDED = 'status > 0';

const yaml = (ok: string, more: string) => `
name: shop
sources: { web: { type: generate, kind: access_log, seed: 3, format: combined, ${more} } }
transforms: { checked: { type: map, inputs: [web], set: { ok: ${ok} } } }
sinks: { out: { type: file, inputs: [checked], path: out.ndjson, format: json } }
`;

interface Shop extends Started {
  readonly cwd: string;
  readonly url: string;
  act(action: string, asked: object): Promise<Record<string, unknown>>;
  count(query?: string): Promise<number>;
}

async function shop(text: string): Promise<Shop> {
  const cwd = temporaryFolder();
  const started = start(['run', write(cwd, 'p.yaml', text), '--listen', '127.0.0.1:0'], { cwd });
  const found = () => logged(whole(started.err()), 'listening')[0];
  await until(() => found() !== undefined, 'it listens');
  const url = found()!.url as string;
  const act = async (action: string, asked: object) => {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify(asked);
    const response = await fetch(`${url}/api/dead-letters/${action}`, { method: 'POST', headers, body });
    return (await response.json()) as Record<string, unknown>;
  };
  const count = async (query = '') => {
    const found = (await (await fetch(`${url}/api/dead-letters?${query}`)).json()) as { count: number };
    return found.count;
  };
  return { ...started, cwd, url, act, count };
}

/** The log so far, without a line that is not whole yet. */
function whole(err: string): string {
  return err.slice(0, err.lastIndexOf('\n') + 1);
}

async function lettersCome({ count }: Shop): Promise<number> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const found = await count();
    if (found > 0) return found;
  }
  throw new Error('no dead letters came');
}

describe('dead letters of a pipeline that runs', { timeout: 60_000 }, () => {
  it('are replayed at a checkpoint: nothing is lost and nothing comes twice', async () => {
    const folder = temporaryFolder();
    const file = write(folder, 'p.yaml', yaml(MENDED, `count: ${COUNT}`));
    const truth = await run(['run', file], { cwd: folder });
    expect(truth.code, truth.err).toBe(0);
    const paced = `count: ${COUNT}, rate: 2000`;
    const one = await shop(yaml(FAILING, paced));
    const some = await lettersCome(one);
    const again = await one.act('replay', { all: true });
    expect(again).toMatchObject({ failedAgain: again.replayed, left: [] });
    expect(again.replayed).toBeGreaterThanOrEqual(some);
    writeFileSync(join(one.cwd, 'p.yaml'), yaml(MENDED, paced));
    one.child.kill('SIGHUP');
    await until(() => one.err().includes('going on with the new file'), 'it has reloaded');
    const outcome = await one.act('replay', { code: 'expression_failed' });
    expect(outcome).toMatchObject({ failedAgain: 0, left: [] });
    expect(outcome.replayed).toBeGreaterThanOrEqual(some);
    expect(await one.count()).toBe(0);
    const { code, err } = await one.ended;
    expect(code, err).toBe(0);
    const sorted = (root: string) => lines(readFileSync(join(root, 'out.ndjson'), 'utf8')).toSorted();
    expect(sorted(one.cwd)).toEqual(sorted(folder));
  });

  it('are discarded, but none that nobody has seen', async () => {
    const one = await shop(yaml(FAILING, 'count: 4000000, rate: 2000'));
    await lettersCome(one);
    const { letters, count, before } = (await (
      await fetch(`${one.url}/api/dead-letters?limit=2`)
    ).json()) as {
      letters: { id: string }[];
      count: number;
      before: string[];
    };
    expect(await one.act('discard', {})).toMatchObject({ error: { code: 'wrong_query' } });
    expect(await one.act('discard', { since: 'soon' })).toMatchObject({ error: { code: 'wrong_query' } });
    const id = letters.map((letter) => letter.id);
    expect(await one.act('discard', { id })).toEqual({ discarded: id.length });
    expect(await one.act('discard', { before })).toEqual({ discarded: count - id.length });
    expect(await one.act('discard', { id, before })).toEqual({ discarded: 0 });
    expect(await one.act('discard', { before: ['elsewhere/9'] })).toEqual({ discarded: 0 });
    expect((await fetch(`${one.url}/api/dead-letters/${id[0]}`)).status).toBe(404);
    one.child.kill('SIGINT');
    const { code, err } = await one.ended;
    expect(code, err).toBe(0);
    expect(logged(err, 'standing still for dead letters').length).toBe(4);
  });

  it('of one that has nothing to go on at are left to the command line', async () => {
    const lasting = /out: .*/;
    const one = await shop(
      yaml(FAILING, 'count: 4000000, rate: 500').replace(
        lasting,
        'out: { type: blackhole, inputs: [checked] } }',
      ),
    );
    expect(await one.act('replay', { all: true })).toMatchObject({ error: { code: 'cannot_stand_still' } });
    one.child.kill('SIGINT');
    expect(await one.ended).toMatchObject({ code: 0 });
  });
});
