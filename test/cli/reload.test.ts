import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { freePort, post } from '../connectors/http-support.js';
import {
  lines,
  logged,
  records,
  run,
  type Started,
  start,
  temporaryFolder,
  until,
  write,
} from './support.js';

/** Versions of one pipeline that all write the same records. */
const VERSIONS = [
  (source: string) => `
name: shop
runtime: { workers: 2 }
${source}
sinks: { out: { type: file, inputs: [web], path: out.ndjson, format: json } }
`,
  (source: string) => `
name: shop
${source}
transforms: { all: { type: filter, inputs: [web], where: status > 0 } }
sinks: { out: { type: file, inputs: [all], path: out.ndjson, format: json } }
`,
  (source: string) => `
name: shop
runtime: { workers: 1, batch: { max_bytes: 16KiB } }
${source}
transforms:
  more: { type: map, inputs: [web], set: { more: status } }
  less: { type: map, inputs: [more], drop: [more] }
sinks:
  out: { type: file, inputs: [less], path: out.ndjson, format: json }
  none: { type: blackhole, inputs: [more] }
`,
];

const source = (count: number, rate: string) =>
  `sources: { web: { type: generate, kind: access_log, count: ${count}, seed: 3${rate}, format: combined } }`;

const RELOADING = 'reloading: going on with the new file';
const reloads = (err: string) => logged(err.slice(0, err.lastIndexOf('\n') + 1), RELOADING).length;
const NOT_RELOADED = 'not reloaded: the pipeline goes on as it was';

function started(yaml: string, ...argv: string[]): Started & { readonly cwd: string; readonly file: string } {
  const cwd = temporaryFolder();
  const file = write(cwd, 'p.yaml', yaml);
  return { ...start(['run', 'p.yaml', ...argv], { cwd }), cwd, file };
}

const refusal = (err: string) => logged(err.slice(0, err.lastIndexOf('\n') + 1), NOT_RELOADED)[0];

describe('a reload', { timeout: 120_000 }, () => {
  it('between versions under load loses and repeats nothing', async () => {
    const count = 16_000;
    const cwd = temporaryFolder();
    const truth = await run(['run', write(cwd, 'p.yaml', VERSIONS[0]!(source(count, '')))], { cwd });
    expect(truth.code).toBe(0);
    const seed = Math.floor(performance.now());
    const random = new Random(seed);
    const all = VERSIONS.map((version) => version(source(count, ', rate: 4000')));
    const run1 = started(all[0]!);
    for (let done = 0; done < 6; done++) {
      const out = join(run1.cwd, 'out.ndjson');
      const before = existsSync(out) ? statSync(out).size : 0;
      await until(() => existsSync(out) && statSync(out).size > before + random.below(200_000), 'it writes');
      writeFileSync(run1.file, all[random.below(all.length)]!);
      run1.child.kill('SIGHUP');
      await until(() => reloads(run1.err()) > done, 'it has reloaded');
    }
    const { code, err } = await run1.ended;
    expect(code, `seed ${seed}: ${err}`).toBe(0);
    const written = readFileSync(join(run1.cwd, 'out.ndjson'), 'utf8');
    expect(lines(written).length, `seed ${seed}`).toBe(count);
    expect(written === readFileSync(join(cwd, 'out.ndjson'), 'utf8'), `seed ${seed}`).toBe(true);
  });

  it('happens by itself with --watch, also when an editor puts another file in the place', async () => {
    const endless = VERSIONS.map((version) => version(source(1_000_000, ', rate: 2000')));
    const { child, ended, err, cwd, file } = started(endless[0]!, '--watch');
    await until(() => existsSync(join(cwd, 'out.ndjson')), 'it writes');
    renameSync(write(cwd, 'p.yaml.new', endless[1]!), file);
    const starts = () => logged(err().slice(0, err().lastIndexOf('\n') + 1), 'started').length;
    await until(() => starts() === 2, 'it has reloaded');
    writeFileSync(file, endless[2]!);
    await until(() => starts() === 3, 'it has reloaded again');
    child.kill('SIGINT');
    const { code } = await ended;
    expect(code).toBe(0);
  });

  it('of what is behind a queue leaves a source and its connections alone', async () => {
    const port = await freePort();
    const yaml = (version: number) => `
name: shop
runtime: { checkpoint: 20ms }
sources: { in: { type: http, address: "127.0.0.1:${port}", format: json } }
transforms: { marked: { type: map, inputs: [in], set: { version: "${version}" }, queue: disk } }
sinks: { out: { type: file, inputs: [marked], path: out.ndjson, format: json } }
`;
    const { child, ended, err, cwd, file } = started(yaml(0));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const url = `http://127.0.0.1:${port}/`;
    await until(() => err().includes('"msg":"started"'), 'it has started');
    let sent = 0;
    const send = async () => {
      const status = await post(url, JSON.stringify({ n: sent }), { agent }).then(
        (answer) => answer.status,
        () => 0,
      );
      // It may not listen yet.
      expect(status === 200 || sent === 0, `status ${status}`).toBe(true);
      if (status === 200) sent++;
    };
    for (let version = 1; version <= 3; version++) {
      while (sent < 20 * version) await send();
      writeFileSync(file, yaml(version));
      child.kill('SIGHUP');
      while (reloads(err()) < version) await send();
    }
    const out = () => (existsSync(join(cwd, 'out.ndjson')) ? records(join(cwd, 'out.ndjson')) : []);
    await until(() => out().length === sent, 'all has arrived');
    child.kill('SIGINT');
    const { code } = await ended;
    agent.destroy();
    expect(code, err()).toBe(0);
    // It was opened once.
    expect(logged(err(), `"in" takes records at ${url}`).length).toBe(1);
    expect(logged(err(), RELOADING).map(({ kept }) => kept)).toEqual([['in'], ['in'], ['in']]);
    expect(out().map(({ n }) => n)).toEqual(Array.from({ length: sent }, (_, n) => n));
    expect(new Set(out().map(({ version }) => version))).toEqual(new Set([0, 1, 2, 3]));
  });

  it('of a file with mistakes leaves the run as it is, and says what they are', async () => {
    const yaml = VERSIONS[1]!(source(1_000_000, ', rate: 2000'));
    const { child, ended, err, cwd, file } = started(yaml);
    const out = join(cwd, 'out.ndjson');
    await until(() => existsSync(out), 'it writes');
    writeFileSync(file, yaml.replace('status > 0', 'status >'));
    child.kill('SIGHUP');
    await until(() => refusal(err()) !== undefined, 'it has refused');
    expect(refusal(err())).toMatchObject({
      problem: expect.stringMatching(/^p\.yaml:\d+:\d+: transforms\.all\.where: /),
    });
    const size = statSync(out).size;
    await until(() => statSync(out).size > size, 'it goes on');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0 });
    expect(reloads(err())).toBe(0);
  });

  it('of a file that cannot run goes back to the one before', async () => {
    const yaml = VERSIONS[1]!(source(1_000_000, ', rate: 2000'));
    const { child, ended, err, cwd, file } = started(yaml);
    const out = join(cwd, 'out.ndjson');
    await until(() => existsSync(out), 'it writes');
    write(cwd, 'taken', '');
    writeFileSync(file, yaml.replace('path: out.ndjson', 'path: taken/out.ndjson'));
    child.kill('SIGHUP');
    const message = 'the new file cannot run: going on with the one before';
    await until(() => err().includes(message), 'it has gone back');
    const size = statSync(out).size;
    await until(() => statSync(out).size > size, 'it goes on');
    child.kill('SIGINT');
    const { code } = await ended;
    expect(code).toBe(0);
    rmSync(join(cwd, 'taken'));
  });

  it.each([
    [
      'another name',
      VERSIONS[1]!(source(1_000_000, ', rate: 2000')).replace('name: shop', 'name: other'),
      'the name of the pipeline',
    ],
    [
      'another state folder',
      VERSIONS[1]!(source(1_000_000, ', rate: 2000')).replace(
        'name: shop',
        'name: shop\nruntime: { state: other }',
      ),
      'runtime.state',
    ],
  ])('that cannot go on at the checkpoint is refused: %s', async (_, changed, reason) => {
    const { child, ended, err, cwd, file } = started(VERSIONS[1]!(source(1_000_000, ', rate: 2000')));
    await until(() => existsSync(join(cwd, 'out.ndjson')), 'it writes');
    writeFileSync(file, changed);
    child.kill('SIGHUP');
    await until(() => refusal(err()) !== undefined, 'it has refused');
    expect(refusal(err())!.reason).toContain(reason);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0 });
  });
});
