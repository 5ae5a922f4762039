import { resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unsafePath } from '../../src/base/path-names.js';
import { Tag, textAt } from '../../src/batch/index.js';
import { compilePathTemplate, parsePathTemplate } from '../../src/expression/index.js';
import { runs } from '../support/property.js';
import { batchOf, newArena } from './records.js';

const arena = newArena();

/** The path of each record, or why it has none. */
function pathsOf(template: string, records: object[], time = 'timestamp'): string[] {
  const cells = records.map((record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [name, { json: JSON.stringify(value) }]),
    ),
  );
  const batch = batchOf(arena, cells);
  const paths = compilePathTemplate(template, time).evaluate(arena, batch);
  return records.map((_, row) =>
    paths.tags[row] === Tag.ERROR ? `! ${paths.errors![paths.numbers![row]!]}` : textAt(arena, paths, row),
  );
}

describe('a template of paths', () => {
  it('knows the folder in which all paths lie', () => {
    const rootOf = (text: string) => parsePathTemplate(text).root;
    expect(rootOf('out/{host}.log')).toBe('out/');
    expect(rootOf('out/a-{host}/b.log')).toBe('out/');
    expect(rootOf('/var/%Y/x.log')).toBe('/var/');
    expect(rootOf('{host}.log')).toBe('');
    expect(parsePathTemplate('out/all.log')).toMatchObject({ root: 'out/all.log', isConstant: true });
    expect(parsePathTemplate('out/100%%.log')).toMatchObject({ root: 'out/100%.log', isConstant: true });
  });

  it('fills in fields and expressions', () => {
    const records = [
      { host: 'a', n: 1 },
      { host: 'b/c', n: 2 },
      { n: 3 },
      { host: '', n: 4 },
      { host: null },
    ];
    expect(pathsOf('out/{host}-{n + 1}.log', records)).toEqual([
      'out/a-2.log',
      'out/b/c-3.log',
      '! {host} is empty',
      '! {host} is empty',
      '! {host} is empty',
    ]);
    expect(pathsOf('{{x}}{host}', [{ host: 'a' }])).toEqual(['{x}a']);
    expect(pathsOf('{n / 0}', [{ n: 1 }])).toEqual([expect.stringMatching(/^! \{n \/ 0\}: /)]);
  });

  it('fills in the time of the record, and where it has none that at which it was read', () => {
    const records = [
      { timestamp: '2024-02-29T23:59:59.9Z' },
      { timestamp: '2024-12-30T00:30:00+01:00' },
      {},
      { timestamp: null },
      { timestamp: 'yesterday' },
      { timestamp: 17 },
    ];
    expect(pathsOf('%Y/%m/%d-%H.%M.%S %j %G-W%V-%u %a %b %y %I%p %% %F', records)).toEqual([
      '2024/02/29-23.59.59 060 2024-W09-4 Thu Feb 24 11PM % 2024-02-29',
      '2024/12/29-23.30.00 364 2024-W52-7 Sun Dec 24 11PM % 2024-12-29',
      '2024/05/01-00.00.00 122 2024-W18-3 Wed May 24 12AM % 2024-05-01',
      '2024/05/01-00.00.00 122 2024-W18-3 Wed May 24 12AM % 2024-05-01',
      '! its time "yesterday" is not in RFC 3339',
      '! its time is neither a timestamp nor a text in RFC 3339',
    ]);
    expect(pathsOf('%H', [{ at: '2024-02-29T23:59:59Z' }], 'at')).toEqual(['23']);
    expect(pathsOf('%H', [{ s: 7200 }], 'timestamp(s)')).toEqual(['02']);
  });

  it('says what is no part', () => {
    expect(() => parsePathTemplate('out/%Q.log')).toThrow(/"%Q" is no strftime part: expected one of %Y /);
    expect(() => parsePathTemplate('out/%')).toThrow(/"%" is no strftime part/);
    expect(() => parsePathTemplate('out/{host')).toThrow(/never closed/);
  });

  it('leads out of its folder with no value whatever', () => {
    const hostile = fc.constantFrom(
      ...[
        '..',
        '.',
        '/',
        '\\',
        '../',
        '..\\',
        '%2e%2e',
        '%2f',
        '\0',
        'C:',
        'NUL',
        '~',
        '\u202e',
        '\u2024',
        '\uff0f',
      ],
      ...[
        '\n',
        '\r',
        ' ',
        '...',
        'a',
        'é',
        'x'.repeat(300),
        '/etc/passwd',
        '\ud800',
        '\ufeff',
        '{',
        '$HOME',
        '*',
      ],
    );
    const values = fc.array(
      fc.array(hostile, { maxLength: 5 }).map((parts) => parts.join('')),
      {
        minLength: 50,
        maxLength: 50,
      },
    );
    const templates = fc.constantFrom(
      '/root/logs/{v}',
      '/root/logs/{v}.log',
      '/root/logs/a-{v}/{v}',
      '/root/logs/%Y/{v}/b',
    );
    let accepted = 0;
    fc.assert(
      fc.property(templates, values, (template, all) => {
        arena.reset();
        const root = parsePathTemplate(template).root;
        const records = all.map((v) => ({ v }));
        for (const path of pathsOf(template, records)) {
          if (path.startsWith('! ') || unsafePath(path.slice(root.length)) !== undefined) continue;
          accepted++;
          expect(resolve(path)).toBe(path);
          expect(path.startsWith(`${sep}root${sep}logs${sep}`), path).toBe(true);
          expect(path).not.toMatch(/[\\\p{Cc}]|[. ](?:\/|$)/u);
          for (const name of path.split(sep)) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        }
      }),
      { numRuns: runs(100) },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
