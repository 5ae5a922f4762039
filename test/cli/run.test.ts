import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadLettersIn } from '../support/letters-in.js';
import { lines, logged, MAIN, ROOT, records, run, start, temporaryFolder, write } from './support.js';

const LOG = [
  '1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET /a HTTP/1.1" 200 10 "-" "x"',
  '1.2.3.5 - - [01/Jan/2026:00:00:01 +0000] "GET /b HTTP/1.1" 503 20 "-" "x"',
  'this is no log line',
  '1.2.3.6 - - [01/Jan/2026:00:00:02 +0000] "GET /c HTTP/1.1" 500 30 "-" "x"',
  '',
].join('\n');

const PIPELINE = `
name: shop
sources: { web: { type: file, paths: [access.log], format: combined } }
transforms:
  failed: { type: filter, inputs: [web], where: status >= 500 }
  shaped: { type: map, inputs: [failed], keep: [host, path, status] }
sinks: { out: { type: file, inputs: [shaped], path: out.ndjson, format: json } }
`;

const TO_STDOUT = PIPELINE.replace(
  'type: file, inputs: [shaped], path: out.ndjson',
  'type: stdout, inputs: [shaped]',
);

const FAILURES = [
  { host: '1.2.3.5', path: '/b', status: 503 },
  { host: '1.2.3.6', path: '/c', status: 500 },
];

function shop(pipeline = PIPELINE): string {
  const folder = temporaryFolder();
  write(folder, 'access.log', LOG);
  write(folder, 'pipeline.yaml', pipeline);
  return folder;
}

describe('run', () => {
  it('writes the records, keeps the broken line and says that the sums add up', async () => {
    const cwd = shop();
    const { code, out, err } = await run(['run', 'pipeline.yaml'], { cwd });
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(records(join(cwd, 'out.ndjson'))).toEqual(FAILURES);
    const [summary] = logged(err, 'finished');
    expect(summary).toMatchObject({
      level: 'info',
      pipeline: 'shop',
      outcome: 'done',
      deadLetters: 1,
      sums: {
        addUp: true,
        sentence: 'every record is accounted for: 4 read = 2 written + 1 filtered out + 1 dead letter',
      },
    });
    expect(await deadLettersIn(join(cwd, '.millrace/shop'))).toEqual([
      expect.objectContaining({ source: 'web', stage: 'web', offset: 148, record: 'this is no log line' }),
    ]);
  });

  it.each(['0', '1', '2'])('does the same with %s workers', async (workers) => {
    const cwd = shop();
    expect((await run(['run', 'pipeline.yaml', '--workers', workers], { cwd })).code).toBe(0);
    expect(records(join(cwd, 'out.ndjson'))).toEqual(FAILURES);
  });

  it('starts threads for larger inputs, and keeps the order', async () => {
    const cwd = temporaryFolder();
    const file = write(
      cwd,
      'p.yaml',
      `
sources: { made: { type: generate, kind: app_json, count: 60000, format: json } }
sinks:
  all: { type: file, inputs: [made], path: all.ndjson, format: json }
  again: { type: file, inputs: [made], path: again.ndjson, format: json }
`,
    );
    const { code, err } = await run(['run', file], { cwd });
    expect(code).toBe(0);
    expect(logged(err, 'finished')[0]).toMatchObject({ recordsRead: 60_000, sums: { addUp: true } });
    await run(['run', file, '--fresh', '--workers', '0', '--set', 'sinks.all.path=alone.ndjson'], { cwd });
    const all = readFileSync(join(cwd, 'all.ndjson'));
    expect(all.equals(readFileSync(join(cwd, 'alone.ndjson')))).toBe(true);
    expect(lines(all.toString())).toHaveLength(60_000);
  });

  it('reads the pipeline from standard input', async () => {
    const { code, out } = await run(['run', '-'], { cwd: shop(), input: TO_STDOUT });
    expect(code).toBe(0);
    expect(lines(out).map((line) => JSON.parse(line))).toEqual(FAILURES);
  });

  it('refuses a stdin source beside a pipeline from standard input', async () => {
    const input = TO_STDOUT.replace('type: file, paths: [access.log]', 'type: stdin');
    const { code, err } = await run(['run', '-'], { cwd: shop(), input });
    expect(code).toBe(78);
    expect(err).toContain('<stdin>:3:12: sources.web: the pipeline itself comes from standard input');
  });

  it('lets a slow reader of a pipe have all of a long answer', async () => {
    const { child, ended } = start(['schema'], { input: '', readsOutput: false });
    child.stdout.pause();
    await new Promise((resolve) => child.stdout.once('readable', resolve));
    let out = '';
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    await ended;
    expect(JSON.parse(out)).toHaveProperty('properties.sinks');
  });

  it('fails when standard input is a folder', async () => {
    const cwd = shop(TO_STDOUT.replace('type: file, paths: [access.log]', 'type: stdin'));
    const stdin = openSync(cwd, 'r');
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'run', 'pipeline.yaml'], {
      cwd,
      stdio: [stdin, 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    closeSync(stdin);
    expect(status).toBe(1);
    expect(stderr).toContain('cannot read standard input: it is a folder');
  });

  it('reads records from a pipe', async () => {
    const cwd = shop(TO_STDOUT.replace('type: file, paths: [access.log]', 'type: stdin'));
    const { code, out } = await run(['run', 'pipeline.yaml'], { cwd, input: LOG });
    expect(code).toBe(0);
    expect(lines(out)).toHaveLength(2);
  });

  it('takes values from the environment, --env-file, --set and --state', async () => {
    const cwd = shop(PIPELINE.replace('access.log', '"${FOLDER}/${FILE}"'));
    const env = write(cwd, 'env', 'FILE=access.log\nFOLDER=nowhere\n');
    const options = ['--env-file', env, '--set', 'sinks.out.path=new/place.ndjson', '--state', 'kept'];
    const { code } = await run(['run', 'pipeline.yaml', ...options], { cwd, env: { FOLDER: cwd } });
    expect(code).toBe(0);
    expect(records(join(cwd, 'new/place.ndjson'))).toEqual(FAILURES);
    expect(existsSync(join(cwd, 'kept/shop/segments'))).toBe(true);
    expect(existsSync(join(cwd, '.millrace'))).toBe(false);
  });

  it('touches nothing when the configuration is wrong', async () => {
    const cwd = shop(
      PIPELINE.replace('where: status', 'where: statuss >').replace('type: map', 'type: mapp'),
    );
    const { code, out, err } = await run(['run', 'pipeline.yaml'], { cwd });
    expect({ code, out }).toEqual({ code: 78, out: '' });
    expect(err).toMatch(/^pipeline\.yaml:5:\d+: transforms\.failed\.where: /m);
    expect(err).toMatch(/^pipeline\.yaml:6:\d+: transforms\.shaped\.type: .*did you mean "map"/m);
    expect(existsSync(join(cwd, 'out.ndjson'))).toBe(false);
    expect(existsSync(join(cwd, '.millrace'))).toBe(false);
  });

  it('says in one line why it failed', async () => {
    const { code, err } = await run(['run', 'pipeline.yaml', '--set', 'sources.web.paths[0]=none.log'], {
      cwd: shop(),
    });
    expect(code).toBe(1);
    const [failure, ...more] = lines(err).filter((line) => line.includes('error: '));
    expect(more).toEqual([]);
    expect(failure).toContain('error: no file matches');
  });

  it('stops at a broken record where the file says so', async () => {
    const { code, err } = await run(['run', 'pipeline.yaml', '--set', 'sources.web.on_error=stop'], {
      cwd: shop(),
    });
    expect(code).toBe(1);
    expect(err).toContain('error: stage \\"web\\" failed on the record at byte 148');
  });

  it('says nothing with --quiet', async () => {
    expect(await run(['run', 'pipeline.yaml', '--quiet'], { cwd: shop() })).toMatchObject({
      code: 0,
      err: '',
      out: '',
    });
  });

  it('runs only the segments of some stages, where the queues between them join processes', async () => {
    const queued = PIPELINE.replace('inputs: [failed],', 'inputs: [failed], queue: disk,');
    const cwd = shop(queued);
    const wrong = await run(['run', 'pipeline.yaml', '--only', 'shapd'], { cwd });
    expect(wrong).toMatchObject({
      code: 78,
      err: '--only: the pipeline has no stage "shapd" (did you mean "shaped"?)\nerror: 1 problem in pipeline.yaml; nothing was run\n',
    });
    const apart = await run(['run', 'pipeline.yaml', '--only', 'shaped'], { cwd });
    expect(apart.code).toBe(78);
    expect(lines(apart.err)).toEqual([
      'pipeline.yaml:6:3: transforms.shaped: its disk queue is on this machine and in this process alone, and segment "web" at its other end is not run here: give it a queue in a broker (`queue: amqp` or `queue: kafka`), or run "web" too',
      'error: 1 problem in pipeline.yaml; nothing was run',
    ]);
    expect(existsSync(join(cwd, '.millrace'))).toBe(false);
    const all = await run(['run', 'pipeline.yaml', '--only', 'shaped', '--only', 'web'], { cwd });
    expect(all.code).toBe(0);
    expect(records(join(cwd, 'out.ndjson'))).toEqual(FAILURES);
  });

  it('ends quietly with 0 when the reader of standard output goes away', async () => {
    const file = write(temporaryFolder(), 'p.yaml', ENDLESS);
    const { child, ended } = start(['run', file], { input: '', readsOutput: false });
    child.stdout.once('data', () => child.stdout.destroy());
    const { code, err } = await ended;
    expect(code).toBe(0);
    expect(lines(err).filter((line) => !line.includes('"msg":"started"'))).toEqual([]);
  });
});

const ENDLESS = `
name: endless
sources: { made: { type: generate, kind: access_log } }
sinks: { out: { type: stdout, inputs: [made], format: lines } }
`;

describe('the example', () => {
  it('runs as it stands', async () => {
    const cwd = temporaryFolder();
    const file = join(ROOT, 'pipelines/web-errors/pipeline.yaml');
    const log = join(ROOT, 'pipelines/web-errors/access.log');
    const { code, err } = await run(['run', file, '--set', `sources.web.paths[0]=${log}`], { cwd });
    expect(code).toBe(0);
    const [summary] = logged(err, 'finished');
    expect(summary).toMatchObject({ recordsRead: 2000, deadLetters: 2, sums: { addUp: true } });
    const written = records(join(cwd, 'out/web-errors.ndjson'));
    expect(written.length).toBeGreaterThan(0);
    expect(written.every(({ status }) => (status as number) >= 500)).toBe(true);
  });

  it('that init writes runs as it stands', async () => {
    const cwd = temporaryFolder();
    await run(['init'], { cwd });
    expect(await run(['run', 'pipeline.yaml'], { cwd })).toMatchObject({ code: 0 });
    expect(records(join(cwd, 'out/failed.ndjson')).length).toBeGreaterThan(0);
  });
});

const SAMPLE = join(ROOT, '../shared/data/apache_access_10k.log');

describe('a real access log', () => {
  it.skipIf(!existsSync(SAMPLE))('of 10,000 lines (needs ../shared/data) has one broken line', async () => {
    const cwd = temporaryFolder();
    const file = write(
      cwd,
      'p.yaml',
      `
name: apache
sources: { web: { type: file, paths: ["${SAMPLE}"], format: combined } }
sinks: { out: { type: file, inputs: [web], path: out.ndjson, format: json } }
`,
    );
    const { code, err } = await run(['run', file], { cwd });
    expect(code).toBe(0);
    expect(logged(err, 'finished')[0]).toMatchObject({
      sums: { sentence: 'every record is accounted for: 10,000 read = 9,999 written + 1 dead letter' },
    });
    const written = records(join(cwd, 'out.ndjson'));
    expect(written).toHaveLength(9999);
    expect(written.reduce((sum, { size }) => sum + ((size as number | undefined) ?? 0), 0)).toBe(
      2_747_282_505,
    );
    const bytes = readFileSync(SAMPLE);
    const before = bytes.toString('latin1').split('\n').slice(0, 8898);
    const offset = before.reduce((sum, line) => sum + line.length + 1, 0);
    const line = bytes.subarray(offset, bytes.indexOf(10, offset));
    const [letter] = await deadLettersIn(join(cwd, '.millrace/apache'));
    expect(letter).toMatchObject({ source: 'web', partition: SAMPLE, offset, code: 'decode_failed' });
    expect(letter!.message).not.toBe('');
    expect(Buffer.from(letter!.record as string).equals(line)).toBe(true);
  });
});
