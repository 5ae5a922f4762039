import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runInThread } from '../support/run-pipeline.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-multiline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TRACE = 'a.Error: b\n\tat c.d(E.java:1)\nCaused by: f\n\t... 1 more\n';

/** What a source of this text, with these options, writes in a format. */
async function written(text: string, options: string, format: string, batchBytes = 64): Promise<string> {
  const [input, output] = [join(folder, 'in.log'), join(folder, 'out')];
  writeFileSync(input, text);
  const yaml = [
    'sources:',
    `  in: { type: file, paths: [${input}], ${options} }`,
    'sinks:',
    `  out: { type: file, path: ${output}, mode: overwrite, format: ${format}, inputs: [in] }`,
  ].join('\n');
  await runInThread(yaml, 'p.yaml', { batchBytes });
  return readFileSync(output, 'utf8');
}

describe('a source whose lines belong together', () => {
  it('gives records of several lines to its format', async () => {
    const text = `x\n${TRACE.repeat(20)}y\n`;
    const records = ['x', ...Array.from({ length: 20 }, () => TRACE.slice(0, -1)), 'y'];
    const lines = records.map((message) => `${JSON.stringify({ message })}\n`);
    expect(await written(text, 'multiline: java', 'json')).toBe(lines.join(''));
  });

  it('writes what it read, where it writes lines', async () => {
    expect(await written(`x\n${TRACE}`, 'multiline: java', 'lines')).toBe(`x\n${TRACE}`);
  });

  it('writes JSON of several lines as one', async () => {
    const options = "format: json, multiline: { type: pattern, start: '^[{]' }";
    const text = '{\n"a": [\r\n1]\n}\n{"b": 2}\n';
    const found = await written(text, options, 'json');
    expect(
      found
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([{ a: [1] }, { b: 2 }]);
  });

  it('makes one of the lines that a container runtime has cut', async () => {
    const docker =
      '{"log":"a","stream":"stdout"}\n{"log":"x\\n","stream":"stderr"}\n{"log":"b\\n","stream":"stdout"}\n';
    expect(await written(docker.repeat(9), 'format: json, multiline: docker', 'json')).toBe(
      '{"log":"x\\n","stream":"stderr"}\n{"log":"ab\\n","stream":"stdout"}\n'.repeat(9),
    );
    const cri = '2026-05-17T10:05:03Z stdout P a\n2026-05-17T10:05:04Z stdout F b\n';
    expect(await written(cri.repeat(9), 'format: cri, multiline: cri', 'json', 4096)).toBe(
      '{"timestamp":"2026-05-17T10:05:03Z","stream":"stdout","message":"ab"}\n'.repeat(9),
    );
  });

  it('makes one of the traces in what a container wrote', async () => {
    const cri =
      '2026-05-17T10:05:03Z stdout F a.Error: b\n2026-05-17T10:05:03Z stderr P x\n' +
      '2026-05-17T10:05:03Z stdout F \tat c\n2026-05-17T10:05:03Z stderr F y\n';
    expect(await written(cri.repeat(9), 'format: cri, multiline: { type: cri, group: java }', 'json')).toBe(
      (
        '{"timestamp":"2026-05-17T10:05:03Z","stream":"stderr","message":"xy"}\n' +
        '{"timestamp":"2026-05-17T10:05:03Z","stream":"stdout","message":"a.Error: b\\n\\tat c"}\n'
      ).repeat(9),
    );
  });

  it('takes them apart by expressions that see all lines', async () => {
    const options =
      "multiline: { type: pattern, start: '^\\d' }, format: { type: regex, pattern: '(?s)^(?<n>\\d+) (?<rest>.*)$' }";
    expect(await written('1 a\n b\n2 c\n', options, 'json')).toBe(
      '{"n":"1","rest":"a\\n b"}\n{"n":"2","rest":"c"}\n',
    );
  });
});
