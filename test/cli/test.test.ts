import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inProcess, lines, start, temporaryFolder, until, write } from './support.js';

const PIPELINE = `
sources:
  web: { type: file, paths: [/nowhere/*.log], format: syslog_or_json }
transforms:
  failed: { type: filter, inputs: [web], where: status >= 500 }
sinks:
  out: { type: file, inputs: [failed], path: /nowhere/out.ndjson, format: json }
`.replace('syslog_or_json', 'json');
const TEST = `
tests:
  - name: what failed goes out
    given: { web: [{ status: 500 }, { status: 200 }] }
    expect: { out: [{ status: 500 }] }
`;

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) write(folder, name, text);
  return folder;
}

describe('millrace test', () => {
  it('finds tests in the file and beside it, and touches nothing outside', async () => {
    const inside = TEST.replace('what failed goes out', 'inside');
    const folder = folderWith({
      'shop.yaml': PIPELINE + inside.trimStart(),
      'shop.test.yaml': TEST,
      'shop.more.test.yaml': TEST.replace('what failed goes out', 'more'),
      'other.test.yaml': 'tests: [{name: of another pipeline, given: {}}]',
    });
    const { code, out, err } = await inProcess('test', join(folder, 'shop.yaml'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/inside[\s\S]*more[\s\S]*what failed goes out[\s\S]*3 tests: 3 passed/);
    expect(out).not.toContain('another');
  });

  it('takes a folder or a file of tests for its pipelines', async () => {
    const folder = folderWith({
      'a.yaml': PIPELINE,
      'a.test.yaml': TEST,
      'b.yaml': PIPELINE + TEST.trimStart(),
    });
    expect((await inProcess('test', folder)).out).toContain('2 tests: 2 passed');
    expect((await inProcess('test', join(folder, 'a.test.yaml'))).out).toContain('1 test: 1 passed');
    expect((await inProcess('test', folder, '--name', 'nothing')).code).toBe(78);
    expect((await inProcess('test', folder, '--name', 'failed goes')).out).toContain('2 tests: 2 passed');
  });

  it('ends with 1 when a test fails and with 78 when something is wrong with the files', async () => {
    const failing = folderWith({ 'a.yaml': PIPELINE, 'a.test.yaml': TEST.replace('500 }]', '501 }]') });
    expect((await inProcess('test', failing)).code).toBe(1);
    const empty = folderWith({ 'a.yaml': PIPELINE });
    const { code, err } = await inProcess('test', join(empty, 'a.yaml'));
    expect(code).toBe(78);
    expect(err).toContain('there are no tests in');
    expect(await inProcess('test', join(empty, 'none.yaml'))).toMatchObject({
      code: 78,
      err: expect.stringContaining('there is no such file'),
    });
  });

  it('reports mistakes in tests with their places, those of the file by validate, too', async () => {
    const tests = `tests:
  - name: a
    given: { wbe: [{}], failed: [a line] }
    expect: { out: ['status ==='], failed: { text: x } }
    dropped: { faild: 1 }
  - given: { web: [a, { b: 1 }] }
    wehn: 1
`;
    const folder = folderWith({ 'a.yaml': PIPELINE, 'a.test.yaml': tests, 'b.yaml': PIPELINE + tests });
    const { code, err } = await inProcess('test', join(folder, 'a.yaml'));
    expect(code).toBe(78);
    const file = join(folder, 'a.test.yaml');
    expect(err).toContain(
      `${file}:3:14: tests[0].given.wbe: the pipeline has no stage of this name (did you mean "web"?)`,
    );
    expect(err).toContain(`${file}:4:31: tests[0].expect.out[0]:`);
    expect(err).toContain(
      'tests[0].dropped.faild: the pipeline has no stage of this name (did you mean "failed"?)',
    );
    expect(err).toContain('tests[1].name: required, but missing');
    expect(err).toContain('tests[1].wehn: unknown key');
    expect((await inProcess('validate', join(folder, 'b.yaml'))).err).toContain('did you mean "web"?');
  });

  it('reports what cannot be given and expected', async () => {
    const tests = `tests:
  - name: a
    given: { web: [a, { b: 1 }], failed: [a line], out: {from: x} }
    expect: { failed: { text: x } }
`;
    const folder = folderWith({ 'a.yaml': PIPELINE + tests });
    const { err } = await inProcess('validate', join(folder, 'a.yaml'));
    expect(err).toContain('tests[0].given.web: expected lines or records, found both');
    expect(err).toContain(
      'tests[0].given.failed: a transform gets records (maps): only a source reads lines',
    );
    expect(err).toContain('tests[0].given.out: expected one of text, file, messages and records, found none');
    expect(err).toContain('tests[0].expect.failed.text: only a sink writes bytes');
  });

  it('gives machines JSON lines or JUnit XML', async () => {
    const folder = folderWith({
      'a.yaml': PIPELINE,
      'a.test.yaml': `${TEST}  - name: '<&"> fails'\n    given: { web: [{ status: 500 }] }\n    expect: { out: [] }\n`,
    });
    const json = lines((await inProcess('test', folder, '--format', 'json')).out).map((line) =>
      JSON.parse(line),
    );
    expect(json).toMatchObject([
      { name: 'what failed goes out', passed: true, line: 3, failures: [] },
      { passed: false, failures: [{ line: 8, path: 'expect.out', details: ['+ {"status":500}'] }] },
    ]);
    const xml = (await inProcess('test', folder, '--format', 'junit')).out;
    expect(xml).toContain('tests="2" failures="1"');
    expect(xml).toContain('name="&lt;&amp;&quot;&gt; fails"');
    expect(xml).toMatch(/^<\?xml[\s\S]*<\/testsuites>\n$/);
  });

  it('gives records the time that the test says', async () => {
    const tests = `tests:
  - name: time
    now: 2020-02-29T12:00:00Z
    given: { web: { records: [{ status: 500 }], from: /var/log/a.log } }
    expect: { out: [{ status: 500, read: 2020-02-29T12:00:00Z, file: /var/log/a.log }] }
`;
    const stamped = PIPELINE.replace(
      'sinks:',
      '  stamped: { type: map, inputs: [failed], set: { read: meta.timestamp, file: meta.file } }\nsinks:',
    ).replace('inputs: [failed], path', 'inputs: [stamped], path');
    const folder = folderWith({ 'a.yaml': stamped, 'a.test.yaml': tests });
    expect(await inProcess('test', folder)).toMatchObject({ code: 0, err: '' });
  });

  it('runs again when a file changes, and ends with a signal', async () => {
    const folder = folderWith({ 'a.yaml': PIPELINE, 'a.test.yaml': TEST.replace('500 }]', '501 }]') });
    const started = start(['test', folder, '--watch']);
    await until(() => started.err().includes('not all passed; watching'), 'the tests have failed');
    write(folder, 'a.test.yaml', TEST);
    await until(() => /^all passed; watching/m.test(started.err()), 'they pass');
    started.child.kill('SIGINT');
    expect(await started.ended).toMatchObject({ code: 0, out: expect.stringContaining('1 test: 1 passed') });
    expect(readFileSync(join(folder, 'a.test.yaml'), 'utf8')).toBe(TEST);
  });
});
