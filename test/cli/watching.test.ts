import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  inProcess,
  lines,
  logged,
  run,
  type Started,
  start,
  temporaryFolder,
  until,
  write,
} from './support.js';

const YAML = `
name: shop
sources: { web: { type: generate, kind: access_log, rate: 5000, format: combined } }
transforms:
  bad: { type: filter, inputs: [web], where: status >= 400 }
  shaped: { type: map, inputs: [bad], set: { n: 1000 / (status - 500) } }
sinks: { out: { type: file, inputs: [shaped], path: out.ndjson, format: json } }
`;

interface Listening extends Started {
  readonly url: string;
  readonly address: string;
}

/** A pipeline that runs and listens at a port that the system chose. */
async function listening(yaml = YAML, env: Record<string, string> = {}): Promise<Listening> {
  const cwd = temporaryFolder();
  const started = start(['run', write(cwd, 'p.yaml', yaml), '--listen', '127.0.0.1:0'], { cwd, env });
  await until(() => logged(completeLines(started.err()), 'listening').length > 0, 'it listens');
  const url = logged(completeLines(started.err()), 'listening')[0]!.url as string;
  return { ...started, url, address: new URL(url).host };
}

/** The last line may be on its way still. */
function completeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

describe('--listen', () => {
  it('shows the run, its dead letters too, and ends with it', async () => {
    const { url, child, ended } = await listening();
    const ask = async (path: string) =>
      (await (await fetch(`${url}${path}`)).json()) as Record<string, never>;
    const counted = async () => (await ask('/api/dead-letters?stage=shaped&limit=3')) as unknown as Letters;
    interface Letters {
      readonly count: number;
      readonly letters: readonly { readonly id: string; readonly stage: string; readonly record: string }[];
    }
    let letters = await counted();
    while (letters.count < 3) letters = await counted();
    expect(letters.letters.map(({ stage }) => stage)).toEqual(['shaped', 'shaped', 'shaped']);
    const whole = await ask(`/api/dead-letters/${letters.letters[0]!.id}`);
    expect(whole).toMatchObject({ code: 'expression_failed', source: 'web' });
    const none = await ask('/api/dead-letters?code=none');
    expect(none).toMatchObject({ count: 0, letters: [], before: [] });
    expect(Object.keys(none.codes!)).toEqual(['expression_failed']);
    expect(await ask('/ready')).toEqual({ status: 'ready' });
    expect(await ask('/api/queues')).toEqual([]);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0 });
    await expect(fetch(url)).rejects.toThrow();
  });

  it('is refused without a token where other machines can come', async () => {
    const cwd = temporaryFolder();
    const { code, err } = await run(['run', write(cwd, 'p.yaml', YAML), '--listen', '0.0.0.0:0'], { cwd });
    expect(code).toBe(1);
    expect(err).toContain('set MILLRACE_TOKEN to a token');
    const wrong = await inProcess('run', join(cwd, 'p.yaml'), '--listen', '9600');
    expect(wrong.err).toContain('expected an address such as 127.0.0.1:9600');
  });

  it('wants the token, and never prints it', async () => {
    const env = { MILLRACE_TOKEN: 'canary-token-17' };
    const { url, address, child, ended } = await listening(YAML, env);
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const refused = await run(['top', '--connect', address]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toContain('set MILLRACE_TOKEN');
    const allowed = await run(['top', '--connect', address], { env });
    expect(allowed).toMatchObject({ code: 0 });
    child.kill('SIGINT');
    const { out, err } = await ended;
    expect(`${out}${err}${refused.err}${allowed.out}`).not.toContain('canary-token-17');
  });
});

describe('tap', () => {
  it('prints records that pass a stage', async () => {
    const { address, child, ended } = await listening();
    const tap = async (...argv: string[]) => {
      const { code, out } = await run(['tap', ...argv, '--limit', '5', '--connect', address]);
      expect(code).toBe(0);
      return lines(out).map((line) => JSON.parse(line) as Record<string, number>);
    };
    const read = await tap('web');
    expect(read).toHaveLength(5);
    expect(Object.keys(read[0]!)).toContain('protocol');
    for (const record of await tap('shaped', '--where', 'n > 400')) expect(record.n).toBeGreaterThan(400);
    for (const record of await tap('shaped', '--inputs')) expect(record).not.toHaveProperty('n');
    for (const record of await tap('out')) expect(record).toHaveProperty('n');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0 });
  });

  it('says why no record comes, where the expression is to blame', async () => {
    const { address } = await listening();
    const tap = (where: string) => start(['tap', 'web', '--where', where, '--connect', address]);
    const [unknown, failing] = [tap('sttus == 500'), tap('int(path) == 1')];
    await until(() => unknown.err().includes('no record so far has "sttus"'), 'the field is missed');
    await until(
      () => failing.err().includes('left out a record for which --where fails: no int'),
      'it fails',
    );
    expect(unknown.out() + failing.out()).toBe('');
  });

  it('ends with the run, and does not hold it up when nobody reads', async () => {
    const { address, child, ended } = await listening(YAML.replace('rate: 5000', 'rate: 20000'));
    const tap = start(['tap', 'web', '--connect', address], { readsOutput: false });
    const done = start(['tap', 'web', '--connect', address]);
    await until(() => done.out().length > 200_000, 'records come');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0 });
    expect(await done.ended).toMatchObject({ code: 0 });
    tap.child.kill('SIGKILL');
  });

  it('says what is wrong', async () => {
    const { address } = await listening();
    const wrong = async (...argv: string[]) => (await run(['tap', ...argv, '--connect', address])).err;
    expect(await wrong('shapd')).toBe('error: the pipeline has no stage "shapd" (did you mean "shaped"?)\n');
    expect(await wrong('out', '--where', 'n >')).toContain('expression:1:4');
    const { code, err } = await run(['tap', 'out', '--connect', '127.0.0.1:1']);
    expect(code).toBe(1);
    expect(err).toContain(
      'error: nothing answers at 127.0.0.1:1: run the pipeline with "--listen 127.0.0.1:1"',
    );
  });
});

describe('top', () => {
  it('shows stages, queues and the bottleneck', async () => {
    const { address } = await listening();
    const { code, out } = await run(['top', '--once', '--connect', address]);
    expect(code).toBe(0);
    expect(out).toMatch(/^shop {2}/);
    expect(out).toMatch(/\nlimited by /);
    for (const stage of ['web', 'bad', 'shaped', 'out']) expect(out).toMatch(new RegExp(`^${stage} `, 'm'));
    // What a narrow terminal has to show stands first.
    expect(out).toMatch(/^stage +in\/s +out\/s +dead /m);
    expect(out).toMatch(/^queue of .*lag$/m);
  });
});
