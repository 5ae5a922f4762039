import { describe, expect, it } from 'vitest';
import { formatProblem, type Node, Problems, readYaml } from '../../src/config/index.js';
import { plainOf } from '../../src/config/node.js';

function read(text: string, env: Record<string, string> = {}, files: Record<string, string> = {}) {
  const problems = new Problems();
  const readFile = (path: string): string => {
    if (!Object.hasOwn(files, path)) throw Object.assign(new Error('no'), { code: 'ENOENT' });
    return files[path]!;
  };
  const node = readYaml(text, 'p.yaml', { env, readFile }, problems);
  return { node, value: node && plainOf(node), problems: problems.sorted().map(formatProblem) };
}

describe('reading YAML', () => {
  it('reads the core schema', () => {
    const { value, problems } = read(
      'a: 1\nb: [x, 0x1F, 1e3, ~, true, "5"]\nc: {d: |\n  text\n}\n200: ok\n'.replace('|\n  text\n', 'text'),
    );
    expect(problems).toEqual([]);
    expect(value).toEqual({ a: 1, b: ['x', 31, 1000, null, true, '5'], c: { d: 'text' }, 200: 'ok' });
  });

  it('takes one version', () => {
    expect(read('%YAML 1.2\n---\na: 1').problems).toEqual([]);
    expect(read('%YAML 1.2\n%YAML 1.2\n---\na: 1').problems).toEqual([
      'p.yaml:2:1: not valid YAML: the directive %YAML stands twice',
    ]);
  });

  it('keeps the text of numbers', () => {
    const { node } = read('a: 1.10');
    const value = (node as Extract<Node, { kind: 'map' }>).entries[0]!.value;
    expect(value).toMatchObject({ value: 1.1, text: '1.10' });
  });

  it('merges maps, own keys first', () => {
    const { value } = read('a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [{x: 5}, *a]}');
    expect(value).toEqual({ a: { x: 1, y: 2 }, b: { x: 1, y: 3 }, c: { x: 5, y: 2 } });
  });

  it('takes __proto__ for a key like any other', () => {
    const { value } = read('__proto__: {polluted: true}\nb: {__proto__: 1}');
    expect(Object.keys(value as object)).toEqual(['__proto__', 'b']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.keys(structuredClone(value) as object)).toEqual(['__proto__', 'b']);
  });

  it('refuses a file over 1 MiB and reads one of 1 MiB', () => {
    expect(read(`a: "${'x'.repeat(2 ** 20)}"`).problems).toEqual([
      'p.yaml:1:1: the file is larger than 1 MiB: a configuration cannot be, is this the right file?',
    ]);
    expect(read(`a: "${'x'.repeat(2 ** 20 - 5)}"`).problems).toEqual([]);
    expect(read(`a: "${'é'.repeat(2 ** 19)}"`).problems).toHaveLength(1);
  });

  it('reads tens of thousands of keys in linear time', () => {
    const keys = Array.from({ length: 40_000 }, (_, i) => `k${i}: 1`).join('\n');
    expect(read(`${keys}\nk7: 2`).problems).toEqual([
      'p.yaml:40001:1: k7: the key stands twice, first on line 8',
    ]);
  });

  const hostile: Record<string, string> = {
    'open brackets': '['.repeat(200_000),
    'closed brackets': `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    'maps in maps': '{a: '.repeat(100_000),
    'flow keys in flow keys': `${'{['.repeat(40)}a${']:1}'.repeat(40)}`,
    'sequences in sequences': `${'- '.repeat(200_000)}a`,
    'explicit keys': `${'? '.repeat(100_000)}a`,
    'deep blocks': Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    'many items': `[${'a,'.repeat(500_000)}]`,
    'many lines': `a: |\n${'\n'.repeat(900_000)}`,
    'many anchors': '&a '.repeat(300_000),
    'many errors': '}\n'.repeat(400_000),
    'many documents': '---\n'.repeat(200_000),
    'bomb of aliases': `a: &a [${'x,'.repeat(1000)}]\n${Array.from({ length: 9 }, (_, i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [${`*${'abcdefghi'[i]},`.repeat(11)}]`).join('\n')}`,
    'bomb of merges': `a: &a {${Array.from({ length: 5000 }, (_, i) => `k${i}: 1`).join(', ')}}\n${Array.from({ length: 90 }, (_, i) => `m${i}: &m${i} {<<: [*a], x${i}: 1}`).join('\n')}`,
  };
  it.each(Object.entries(hostile))('refuses %s soon', (_, text) => {
    const start = performance.now();
    const { problems } = read(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]).toMatch(/^p\.yaml:\d+:\d+: /);
    // Far above what it takes, for machines that are busy.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('filling in', () => {
  const fill = (text: string, env: Record<string, string> = {}) =>
    read(`a: ${text}`, env, { '/s': 'from file\n' });
  const filled = (text: string, env: Record<string, string> = {}) => {
    const { value, problems } = fill(text, env);
    expect(problems).toEqual([]);
    return (value as { a: unknown }).a;
  };

  it.each([
    ['${A}', { A: 'x' }, 'x'],
    ['${A}', { A: '5' }, 5],
    ['"${A}"', { A: '5' }, '5'],
    ['${A:-2}', {}, 2],
    ['${A:-2}', { A: '' }, 2],
    ['x${A}y${A}', { A: '1' }, 'x1y1'],
    ['${A}', { A: 'true' }, true],
    ['${A}', { A: '[1, 2]' }, '[1, 2]'],
    ['${A}', { A: 'x: 1\ny: 2' }, 'x: 1\ny: 2'],
    ['${A}', { A: '${B}' }, '${B}'],
    ['"${A:-out/{host}.log}"', {}, 'out/{host}.log'],
    ['"$${A} $$ $A {x}"', {}, '${A} $$ $A {x}'],
    ['"$$${A}"', { A: 'x' }, '$${A}'],
    ['${file:/s}', {}, 'from file'],
    ['"<${file:/s}>"', {}, '<from file>'],
  ] as const)('%s', (text, env, expected) => expect(filled(text, env)).toEqual(expected));

  it.each([
    ['${A}', 'p.yaml:1:4: a: environment variable A is not set (${A:-default} gives it a default)'],
    ['"x ${A:?set A}"', 'p.yaml:1:7: a: environment variable A is not set: set A'],
    ['${file:/none}', 'p.yaml:1:4: a: cannot read /none: there is no such file'],
    ['"${A"', 'p.yaml:1:5: a: this ${ has no closing } ($${ stands for a literal ${)'],
    [
      '|\n  one\n  two ${A}\n',
      'p.yaml:3:7: a: environment variable A is not set (${A:-default} gives it a default)',
    ],
  ])('%s has no value', (text, problem) => expect(fill(text).problems).toEqual([problem]));

  it('never adds keys', () => {
    const { value } = read('a: ${A}\n', { A: 'x\nb: 2' });
    expect(value).toEqual({ a: 'x\nb: 2' });
  });
});
