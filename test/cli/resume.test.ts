import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logged, run, start, temporaryFolder, until, write } from './support.js';

const COPY = `
name: copy
sources: { in: { type: file, paths: ["in*.log"] } }
sinks: { out: { type: file, inputs: [in], path: out.log, format: lines } }
`;

function folderWith(pipeline: string, input = ''): string {
  const folder = temporaryFolder();
  write(folder, 'p.yaml', pipeline);
  write(folder, 'in1.log', input);
  return folder;
}

describe('running again', () => {
  it('reads only what is new, and says so when that is nothing', async () => {
    const cwd = folderWith(COPY, 'one\ntwo\n');
    const out = () => readFileSync(join(cwd, 'out.log'), 'utf8');
    expect(await run(['run', 'p.yaml'], { cwd })).toMatchObject({ code: 0 });
    const again = await run(['run', 'p.yaml'], { cwd });
    expect(again.code).toBe(0);
    expect(out()).toBe('one\ntwo\n');
    expect(logged(again.err, 'finished')[0]).toMatchObject({
      recordsRead: 0,
      nothingNewSince: expect.any(String),
    });
    appendFileSync(join(cwd, 'in1.log'), 'three\n');
    write(cwd, 'in2.log', 'four\n');
    expect(await run(['run', 'p.yaml'], { cwd })).toMatchObject({ code: 0 });
    expect(out()).toBe('one\ntwo\nthree\nfour\n');
  });

  it('starts over with --fresh', async () => {
    const cwd = folderWith(COPY.replace('format: lines', 'format: lines, mode: overwrite'), 'one\ntwo\n');
    for (let i = 0; i < 2; i++)
      expect(await run(['run', 'p.yaml', '--fresh'], { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'out.log'), 'utf8')).toBe('one\ntwo\n');
    write(cwd, 'in1.log', 'other\n');
    expect(await run(['run', 'p.yaml', '--fresh'], { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'out.log'), 'utf8')).toBe('other\n');
  });

  it('starts over where nothing is kept: a pipeline that prints prints every time', async () => {
    const cwd = folderWith(
      COPY.replace('type: file, inputs: [in], path: out.log', 'type: stdout, inputs: [in]'),
      'one\n',
    );
    for (let i = 0; i < 2; i++)
      expect(await run(['run', 'p.yaml'], { cwd })).toMatchObject({ code: 0, out: 'one\n' });
    expect(existsSync(join(cwd, '.millrace'))).toBe(false);
  });

  it('goes on after a signal, with every record once', async () => {
    const cwd = folderWith(`
name: signals
sources: { made: { type: generate, kind: access_log, count: 3000, rate: 20000 } }
sinks: { out: { type: file, inputs: [made], path: out.log, format: lines } }
`);
    const { child, ended } = start(['run', 'p.yaml'], { cwd });
    const path = join(cwd, 'out.log');
    await until(() => existsSync(path) && statSync(path).size > 10_000, 'records are written');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
    expect(await run(['run', 'p.yaml'], { cwd })).toMatchObject({ code: 0 });
    const resumed = readFileSync(path, 'utf8');
    rmSync(path);
    expect(await run(['run', 'p.yaml', '--fresh'], { cwd })).toMatchObject({ code: 0 });
    expect(resumed).toBe(readFileSync(path, 'utf8'));
  });

  it('says so when an output has gone, and goes on with a new one', async () => {
    const cwd = folderWith(COPY, 'one\n');
    expect(await run(['run', 'p.yaml'], { cwd })).toMatchObject({ code: 0 });
    rmSync(join(cwd, 'out.log'));
    appendFileSync(join(cwd, 'in1.log'), 'two\n');
    const again = await run(['run', 'p.yaml'], { cwd });
    expect(again.code).toBe(0);
    expect(again.err).toContain('out.log');
    expect(again.err).toContain('--fresh');
    expect(readFileSync(join(cwd, 'out.log'), 'utf8')).toBe('two\n');
  });
});

describe('two at once', () => {
  it('is refused, with the name of the holder, until that is killed', async () => {
    const cwd = folderWith(`
name: busy
sources: { made: { type: generate, kind: access_log, rate: 100 } }
sinks: { out: { type: file, inputs: [made], path: out.log, format: lines } }
`);
    const first = start(['run', 'p.yaml'], { cwd });
    await until(() => existsSync(join(cwd, '.millrace/busy/lock')), 'the first has the state folder');
    const second = await run(['run', 'p.yaml'], { cwd });
    expect(second.code).toBe(1);
    expect(second.err).toContain(`in use by process ${first.child.pid}`);
    first.child.kill('SIGKILL');
    await first.ended;
    const third = start(['run', 'p.yaml'], { cwd });
    await until(() => third.err().includes('going on at the checkpoint'), 'the third goes on');
    third.child.kill('SIGTERM');
    expect(await third.ended).toMatchObject({ code: 0 });
  });
});
