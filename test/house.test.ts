import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesUnder, importsOf, longFunctions, packageOf, ROOT, readText } from './house-files.js';

describe('generated files', () => {
  it('kernels.generated.ts is what assembly/ compiles to', () => {
    const check = () =>
      execFileSync(process.execPath, ['src/batch/kernels/build.mjs', '--check'], {
        cwd: ROOT,
        stdio: 'pipe',
      });
    expect(check).not.toThrow();
  });
});

describe('the top level', () => {
  it('holds what convention puts there, and nothing else', () => {
    const names = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
    const top = new Set(names.filter((name) => name !== '').map((name) => name.split('/')[0]!));
    expect([...top].filter((name) => !name.startsWith('.')).sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'bench',
      'biome.json',
      'connectors',
      'docs',
      'package-lock.json',
      'package.json',
      'pipelines',
      'src',
      'test',
      'tsconfig.json',
      'vitest.config.ts',
    ]);
  });
});

describe('package.json', () => {
  it('runs nothing when the package is installed', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
    expect(hooks.filter((hook) => hook in scripts)).toEqual([]);
  });
});

describe('package-lock.json', () => {
  const { packages } = JSON.parse(readText('package-lock.json')) as {
    packages: Record<
      string,
      { integrity?: string; resolved?: string; optionalDependencies?: Record<string, string> }
    >;
  };
  const installed = Object.entries(packages).filter(([path]) => path !== '');

  it('names the content of every package', () => {
    const unsure = installed
      .filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
      .map(([path]) => path);
    expect(unsure).toEqual([]);
  });

  it('holds the binaries for every platform, without which `npm ci` refuses it', () => {
    const missing = installed.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('leaves it to the machine where packages come from', () => {
    const bound = installed.filter(([, { resolved }]) => resolved !== undefined);
    expect(bound.map(([path]) => path)).toEqual([]);
  });
});

describe('documents', () => {
  const top = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].filter((path) => existsSync(join(ROOT, path)));
  const documents = [
    ...top,
    ...['docs', 'connectors', 'bench'].flatMap((folder) => filesUnder(folder, '.md')),
  ];

  it.each(documents)('%s links only to files that are there', (path) => {
    const prose = readText(path).replaceAll(/^```[\s\S]*?^```|`[^`\n]*`/gm, '');
    const targets = [...prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target!);
    const dead = targets.filter(
      (target) => !/^[a-z]+:/.test(target) && !existsSync(join(ROOT, dirname(path), target)),
    );
    expect(dead).toEqual([]);
  });
});

describe('the scanner of these tests', () => {
  it('finds imports, re-exports and types', () => {
    const text = [
      "import { a } from './a.js';",
      "import type { B } from '../b.js';",
      "import {\n  c,\n} from 'pack/part';",
      "export * from './d.js';",
      "export type * from './e.js';",
      "const late = await import('./f.js');",
      "// import { no } from './no.js';",
    ].join('\n');
    expect(
      importsOf('src/room/file.ts', text).map(({ specifier, file, typeOnly }) => [specifier, file, typeOnly]),
    ).toEqual([
      ['./a.js', 'src/room/a.ts', false],
      ['../b.js', 'src/b.ts', true],
      ['pack/part', undefined, false],
      ['./d.js', 'src/room/d.ts', false],
      ['./e.js', 'src/room/e.ts', true],
      ['./f.js', 'src/room/f.ts', false],
    ]);
  });

  it('tells packages from files', () => {
    expect(['yaml/util', '@a/b/c', 'node:fs', '#component', './x.js'].map(packageOf)).toEqual([
      'yaml',
      '@a/b',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('measures functions, methods and arrows', () => {
    const body = (indent: string) => Array.from({ length: 5 }, () => `${indent}  work();`);
    const text = [
      'export function first(',
      '  a: number,',
      '): void {',
      ...body(''),
      '}',
      'class Some {',
      '  async second(a: number): Promise<void> {',
      ...body('  '),
      '  }',
      '}',
      'const third = (a: number) => {',
      ...body(''),
      '};',
      'function short() {',
      '  work();',
      '}',
    ];
    expect(longFunctions(text, 6)).toEqual([
      { name: 'first', lines: 9 },
      { name: 'second', lines: 7 },
      { name: 'third', lines: 7 },
    ]);
  });
});
