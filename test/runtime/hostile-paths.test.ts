import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { deadLettersIn } from '../support/letters-in.js';
import { runInThread } from '../support/run-pipeline.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-paths-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const PIECES = [
  ...[
    '../',
    '..\\',
    '..',
    '.',
    '/',
    '//',
    '/etc/',
    'C:',
    'C:\\',
    '%2e%2e%2f',
    '..%2f',
    '..%c0%af',
    '~/',
    '$HOME',
  ],
  ...[
    '\u0000',
    '\n',
    '\r',
    '\t',
    '\u202e',
    '\u200f',
    '\u2066',
    '\ufeff',
    'é',
    'e\u0301',
    '日本',
    '\ud83d\ude00',
  ],
  ...[
    'x'.repeat(300),
    'y'.repeat(239),
    'a.',
    'b ',
    'CON',
    'nul.txt',
    '.hidden',
    '-rf',
    '*',
    '?',
    '"',
    "'",
    '|',
    ';',
  ],
  ...['link', 'link/a', 'file', 'file/a', 'dangling', '.millrace-0-0.part', 'a', 'b', 'c/d', 'app.log', ''],
];

function hostileValues(count: number, random: Random): string[] {
  const piece = () => random.pick(PIECES);
  return Array.from({ length: count }, (_, i) =>
    i < PIECES.length ? PIECES[i]! : Array.from({ length: 1 + random.below(3) }, piece).join(''),
  );
}

/** All files below a folder, links not followed. */
/** Without what links lead to, which a recursive listing follows on some versions of Node. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

describe('5,000 hostile values in a path', () => {
  it('lead nowhere but below the root, and each record is there once or a dead letter', async () => {
    const random = new Random(20);
    const values = hostileValues(5000, random);
    const [out, outside] = [join(root, 'out'), join(root, 'outside')];
    for (const folder of [out, outside]) mkdirSync(folder);
    writeFileSync(join(out, 'file'), 'there\n');
    writeFileSync(join(outside, 'app.log'), 'there\n');
    symlinkSync(outside, join(out, 'link'));
    symlinkSync(join(outside, 'app.log'), join(out, 'app.log'));
    symlinkSync(join(outside, 'made'), join(out, 'dangling'));
    const input = join(root, 'in.ndjson');
    writeFileSync(input, values.map((v, i) => `${JSON.stringify({ i, v })}\n`).join(''));
    const before = readdirSync(root).sort();
    const state = mkdtempSync(join(tmpdir(), 'millrace-state-'));
    const metrics = await runInThread(
      `name: p
runtime: { state: ${state} }
sources: { in: { type: file, paths: [${input}], format: json } }
sinks: { out: { type: file, inputs: [in], path: "${out}/{v}", format: json } }`,
      'p.yaml',
    );
    const files = filesBelow(out).filter((path) => path !== join(out, 'file'));
    for (const file of files) expect(realpathSync(file).startsWith(realpathSync(out) + sep), file).toBe(true);
    expect(readdirSync(root).sort()).toEqual(before);
    expect(readFileSync(join(outside, 'app.log'), 'utf8')).toBe('there\n');
    expect(readdirSync(outside)).toEqual(['app.log']);
    expect(readFileSync(join(out, 'file'), 'utf8')).toBe('there\n');
    expect(files.filter((path) => basename(path).startsWith('.millrace-'))).toEqual([]);
    const letters = await deadLettersIn(join(state, 'p'));
    expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(['path_refused']));
    const kept = files.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'));
    const refused = letters.map(({ record }) => record!.trimEnd());
    const ids = [...kept, ...refused].map((line) => (JSON.parse(line) as { i: number }).i);
    expect(ids.sort((a, b) => a - b)).toEqual(values.map((_, i) => i));
    const sink = metrics.stage('out');
    expect([sink.recordsOut, sink.deadLettered]).toEqual([kept.length, letters.length]);
    expect(kept.length).toBeGreaterThan(100);
    expect(letters.length).toBeGreaterThan(1000);
    expect(existsSync(join(outside, 'made'))).toBe(false);
  }, 60_000);
});
