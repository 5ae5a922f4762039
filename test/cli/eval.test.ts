import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inProcess, lines, run, start, temporaryFolder, until, write } from './support.js';

const FOLDER = new URL('../golden/expressions/', import.meta.url);
const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.cel'))
  .sort();

const RECORDS = '{"a":1,"b":"x"}\n{"a":0}\nno record\n{"a":2.50,"b":{"c":[1]}}\n';

describe('every mistake in an expression is explained with its place', () => {
  it('has many cases', () => expect(CASES.length).toBeGreaterThanOrEqual(25));

  it.each(CASES)('%s', async (name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    const { code, out, err } = await inProcess('eval', text);
    expect({ code, out }).toEqual({ code: 78, out: '' });
    const golden = new URL(name.replace(/\.cel$/, '.errors'), FOLDER);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, err);
    expect(err).toBe(readFileSync(golden, 'utf8'));
  });
});

describe('millrace eval', () => {
  it('prints what an expression gives for each record, and what fails by its number', async () => {
    const file = write(temporaryFolder(), 'in.ndjson', RECORDS);
    expect(await inProcess('eval', '6 / a', '--input', file)).toEqual({
      code: 1,
      signal: null,
      out: '6\n',
      err: [
        'record 2: division by zero\n',
        'record 3: expected a value at column 1, found "no": texts stand in double quotes\n',
        'record 4: / does not take int and double, convert one side with int() or double()\n',
        'error: the expression failed for 3 of 4 records\n',
      ].join(''),
    });
  });

  it('prints any value as JSON, a field as it came', async () => {
    const file = write(temporaryFolder(), 'in.ndjson', '{"a":2.50,"b":{"c":[1]},"n":18446744073709551615}\n');
    const expression = '[a, b.c, missing, timestamp(0), duration("1m"), b"x", type(a), ip("::1"), b.?d]';
    expect(await inProcess('eval', expression, '--input', file)).toMatchObject({
      code: 0,
      out: '[2.5,[1],null,"1970-01-01T00:00:00Z","60s","eA==","double","::1",null]\n',
    });
    expect((await inProcess('eval', 'a', '--input', file)).out).toBe('2.50\n');
    expect((await inProcess('eval', 'n', '--input', file)).out).toBe('18446744073709551615\n');
    expect((await inProcess('eval', 'meta.file', '--input', file)).out).toBe(`${JSON.stringify(file)}\n`);
  });

  it('reads the formats of sources, with their options and headers', async () => {
    const file = write(temporaryFolder(), 'in.csv', 'name;n\nAnn;"1\n2"\nBob;3');
    const format = '{type: csv, delimiter: ";"}';
    expect(await inProcess('eval', 'name + n', '--input', file, '--format', format)).toMatchObject({
      code: 0,
      out: '"Ann1\\n2"\n"Bob3"\n',
    });
  });

  it('takes lines that belong together for one record', async () => {
    const trace = 'a.Error: b\n\tat c\nx\n';
    const file = write(temporaryFolder(), 'in.log', trace);
    const lined = ['--input', file, '--format', 'lines', '--multiline'];
    expect(await inProcess('eval', 'size(message)', ...lined, 'java')).toMatchObject({
      code: 0,
      out: '16\n1\n',
    });
    const cri = trace
      .trimEnd()
      .split('\n')
      .map((line) => `2026-05-17T10:05:03Z stdout F ${line}\n`);
    const pods = write(temporaryFolder(), 'pods.log', cri.join(''));
    expect(
      await inProcess(
        'eval',
        'message',
        '--input',
        pods,
        '--format',
        'cri',
        '--multiline',
        '{type: cri, group: java}',
      ),
    ).toMatchObject({ code: 0, out: '"a.Error: b\\n\\tat c"\n"x"\n' });
    expect(await inProcess('eval', 'message', ...lined, 'jav')).toMatchObject({
      code: 78,
      err: expect.stringMatching(/^--multiline:1:1: expected one of .* \(did you mean "java"\?\)\n$/),
    });
    expect(await inProcess('eval', 'message', '--multiline', 'java', '--format', 'csv')).toMatchObject({
      code: 78,
      err: '--multiline: goes with formats of lines, which csv is not\n',
    });
  });

  it('needs no input for an expression that reads no field', async () => {
    expect(await inProcess('eval', '1 + 1')).toMatchObject({ code: 0, out: '2\n', err: '' });
  });

  it('reads every record of a file of many chunks', async () => {
    const count = 200_000;
    const text = Array.from({ length: count }, (_, i) => `{"n":${i},"pad":"xxxxxxxx"}\n`).join('');
    const file = write(temporaryFolder(), 'in.ndjson', text);
    const { code, out } = await inProcess('eval', 'n + 1', '--input', file);
    expect(code).toBe(0);
    expect(out).toBe(Array.from({ length: count }, (_, i) => `${i + 1}\n`).join(''));
  });

  it('says what is wrong with a line that is too long, in its turn', async () => {
    const long = `{"a":"${'x'.repeat(17 * 1024 * 1024)}"}\n`;
    const file = write(temporaryFolder(), 'in.ndjson', `{"a":1}\n${long}{"a":3}\n`);
    const { code, out, err } = await inProcess('eval', 'a', '--input', file);
    expect({ code, out }).toEqual({ code: 1, out: '1\n3\n' });
    expect(lines(err)[0]).toMatch(/^record 2: the line is longer than 16.*MiB/);
  });

  it('refuses a wrong format, and a file that it cannot read', async () => {
    expect(await inProcess('eval', 'a', '--format', 'jsno')).toMatchObject({
      code: 78,
      err: expect.stringMatching(/^--format:1:1: expected one of .* \(did you mean "json"\?\)\n$/),
    });
    expect(await inProcess('eval', 'a', '--input', '/no/such/file')).toMatchObject({
      code: 1,
      err: 'error: /no/such/file: cannot be read: there is no such file\n',
    });
  });

  it('reads standard input', async () => {
    const { code, out } = await run(['eval', 'a'], { input: '{"a":1}\n{"a":2}' });
    expect({ code, out }).toEqual({ code: 0, out: '1\n2\n' });
  });

  it('answers before the input ends', async () => {
    const { child, ended, out } = start(['eval', 'a']);
    child.stdin.write('{"a":1}\n');
    await until(() => out() === '1\n', 'the first record was evaluated');
    child.stdin.end('{"a":2}\n');
    expect(await ended).toMatchObject({ code: 0, out: '1\n2\n' });
  });
});
