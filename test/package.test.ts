import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './cli/support.js';
import { filesUnder, ROOT, readText } from './house-files.js';

const MOST_DEPENDENCIES = 10;

interface Locked {
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

interface Sbom {
  readonly components: readonly {
    readonly group?: string;
    readonly name: string;
    readonly hashes: readonly { readonly alg: string }[];
  }[];
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** What users get. */
describe('the package', () => {
  const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Record<string, Locked> };
  const { dependencies } = JSON.parse(readText('package.json')) as { dependencies: Record<string, string> };
  /** What `npm install millrace` brings along on every machine. */
  const installed = Object.entries(packages).filter(
    ([path, { dev, devOptional, optional }]) => path !== '' && !dev && !devOptional && !optional,
  );

  it(`needs at most ${MOST_DEPENDENCIES} others`, () => {
    expect(Object.keys(dependencies).length).toBeLessThanOrEqual(MOST_DEPENDENCIES);
    expect(installed.length).toBeGreaterThanOrEqual(Object.keys(dependencies).length);
  });

  it('runs no program when it is installed, nor do those that it needs', () => {
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual(
      [],
    );
  });

  it('needs nothing that was compiled for one kind of machine', () => {
    const bound = installed.filter(([, { os, cpu }]) => os !== undefined || cpu !== undefined);
    expect(bound.map(([path]) => path)).toEqual([]);
    const binaries = installed.flatMap(([path]) =>
      filesUnder(path, '.node').map((file) => `${path}: ${file}`),
    );
    expect(binaries).toEqual([]);
  });

  it('has a bill of materials with the content of each', () => {
    const argv = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
    const { components } = JSON.parse(execFileSync('npm', argv, { cwd: ROOT, encoding: 'utf8' })) as Sbom;
    const described = components.filter(({ hashes }) => hashes.some(({ alg }) => alg === 'SHA-512'));
    const names = installed.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13));
    expect(described.map(({ group, name }) => (group ? `${group}/${name}` : name))).toEqual(
      expect.arrayContaining(names),
    );
  });

  it('is the same, byte for byte, however often it is packed', () => {
    const [first, second] = [pack(), pack()];
    expect(second.hash).toBe(first.hash);
    const paths = first.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['dist/bin/millrace.js', 'dist/bin/dashboard/dashboard.js', 'LICENSE']),
    );
    expect(paths.filter((path) => /^(?:test|bench|node_modules)\//.test(path))).toEqual([]);
  });
});

function pack(): Packed & { readonly hash: string } {
  const folder = temporaryFolder();
  const argv = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', argv, { cwd: ROOT, encoding: 'utf8' })) as [Packed];
  const hash = createHash('sha512')
    .update(readFileSync(join(folder, packed.filename)))
    .digest('hex');
  return { ...packed, hash };
}
