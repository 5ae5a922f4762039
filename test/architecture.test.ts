import { describe, expect, it } from 'vitest';
import { longFunctions, packageOf, readText, type SourceFile, sourceFiles } from './house-files.js';

const MAX_FILE_LINES = 300;
const MAX_FUNCTION_LINES = 50;

/** The rooms from the ground up: a room imports only rooms of lower floors, and none of its own floor. */
const FLOORS: readonly (readonly string[])[] = [
  ['base'],
  ['batch', 'flow', 'config'],
  ['expression', 'log', 'routing'],
  ['formats'],
  ['component'],
  ['transforms', 'connectors'],
  ['plan'],
  ['workers'],
  ['runtime'],
  ['testing', 'admin'],
  ['cli'],
  ['main'],
];

/** Files that may be longer, each with the reason why cutting it would make it harder to read. */
const LONG_FILES: Readonly<Record<string, string>> = {};

/** Functions (`path: name`) that may be longer, each with its reason. */
const LONG_FUNCTIONS: Readonly<Record<string, string>> = {};

interface Ban {
  readonly pattern: RegExp;
  readonly use: string;
  /** Files in which it is right. */
  readonly except: readonly string[];
}

const BANNED: readonly Ban[] = [
  { pattern: /\bconsole\.\w+\(/, use: 'the log, or process.stdout and process.stderr', except: [] },
  { pattern: /\bprocess\.exit\(/, use: 'an exit code that main.ts returns', except: ['src/main.ts'] },
  { pattern: /\bMath\.random\(/, use: 'a seeded generator, so that runs can be repeated', except: [] },
  { pattern: /\b(?:TODO|FIXME|XXX)\b/, use: 'nothing: finish it or leave it', except: [] },
  { pattern: /^export default\b/, use: 'a named export', except: [] },
];

/** Another program, for browsers. */
const DASHBOARD = 'src/dashboard';

const dashboard = sourceFiles(DASHBOARD);
const product = [...sourceFiles('src'), ...sourceFiles('connectors')].filter(
  ({ path }) => !path.startsWith(`${DASHBOARD}/`),
);
const bench = sourceFiles('bench');

function roomOf(path: string): string {
  if (path.startsWith('connectors/')) return 'connectors';
  return /^src\/(\w+)/.exec(path)?.[1] ?? path;
}

const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room));

/** The rooms that a file's imports lead to, types included: a type ties two rooms together as a call does. */
function importedRooms(file: SourceFile): string[] {
  return file.imports.flatMap((entry) => {
    if (entry.specifier === '#component') return ['component'];
    return entry.file === undefined ? [] : [roomOf(entry.file)];
  });
}

describe('rooms', () => {
  it('knows every room', () => {
    const unknown = product.filter(({ path }) => floorOf(roomOf(path)) < 0).map(({ path }) => path);
    expect(unknown, 'files outside of the rooms that FLOORS lists').toEqual([]);
  });

  it('import only rooms below them', () => {
    const wrong = product.flatMap((file) => {
      const room = roomOf(file.path);
      const upward = importedRooms(file).filter((other) => other !== room && floorOf(other) >= floorOf(room));
      return upward.map((other) => `${file.path} imports ${other}`);
    });
    expect(wrong).toEqual([]);
  });

  it('are entered by their index', () => {
    // What describes components needs the description of fields only; the ground floor has files, but no index.
    const isDoor = (file: string) =>
      /^(?:src\/\w+|connectors)\/index\.ts$/.test(file) || file === 'src/config/fields.ts';
    const wrong = product
      .filter(({ path }) => roomOf(path) !== 'main')
      .flatMap(({ path, imports }) => {
        const foreign = imports.flatMap(({ file }) => (file && roomOf(file) !== roomOf(path) ? [file] : []));
        const sideways = foreign.filter((file) => roomOf(file) !== 'base' && !isDoor(file));
        return sideways.map((file) => `${path} imports ${file}`);
      });
    expect(wrong).toEqual([]);
  });

  it('keep the threads free of connectors', () => {
    const wrong = product.filter(
      (file) => roomOf(file.path) === 'workers' && importedRooms(file).includes('connectors'),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('take only the description of fields from config where they describe components', () => {
    const describing = ['formats', 'expression', 'component'];
    const wrong = product
      .filter(({ path }) => describing.includes(roomOf(path)))
      .filter(({ imports }) =>
        imports.some(({ file }) => file?.startsWith('src/config/') && file !== 'src/config/fields.ts'),
      );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('let connectors import #component, packages, their own folder and what lies beside all folders', () => {
    const wrong = sourceFiles('connectors')
      .filter(({ path }) => path !== 'connectors/index.ts')
      .flatMap(({ path, imports }) => {
        const folder = /^connectors\/\w+\//.exec(path)?.[0] ?? 'none';
        const isNear = (file: string) =>
          file.startsWith(folder) || /^connectors\/(?!index\.)\w+\.ts$/.test(file);
        const outside = imports.filter(({ specifier, file }) =>
          file === undefined ? specifier.startsWith('#') && specifier !== '#component' : !isNear(file),
        );
        return outside.map(({ specifier }) => `${path} imports ${specifier}`);
      });
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  // Types are gone at run time, so `import type` closes no circle.
  it('import each other without circles', () => {
    const graph = new Map(
      product.map(({ path, imports }) => [
        path,
        imports.flatMap(({ file, typeOnly }) => (file && !typeOnly ? [file] : [])),
      ]),
    );
    expect(findCircle(graph)).toBeUndefined();
  });

  it('are short', () => {
    const long = [...product, ...dashboard, ...bench].filter(({ lines }) => lines.length > MAX_FILE_LINES);
    const reported = long
      .filter(({ path }) => !(path in LONG_FILES))
      .map(({ path, lines }) => `${path}: ${lines.length}`);
    expect(reported, `files of more than ${MAX_FILE_LINES} lines`).toEqual([]);
    const longPaths = new Set(long.map(({ path }) => path));
    expect(
      Object.keys(LONG_FILES).filter((path) => !longPaths.has(path)),
      'exceptions that no one needs',
    ).toEqual([]);
  });

  it('have short functions', () => {
    const long = [...product, ...dashboard, ...bench].flatMap(({ path, lines }) =>
      longFunctions(lines, MAX_FUNCTION_LINES).map((found) => ({
        key: `${path}: ${found.name}`,
        lines: found.lines,
      })),
    );
    const reported = long
      .filter(({ key }) => !(key in LONG_FUNCTIONS))
      .map(({ key, lines }) => `${key}: ${lines}`);
    expect(reported, `functions of more than ${MAX_FUNCTION_LINES} lines`).toEqual([]);
    const longKeys = new Set(long.map(({ key }) => key));
    expect(
      Object.keys(LONG_FUNCTIONS).filter((key) => !longKeys.has(key)),
      'exceptions that no one needs',
    ).toEqual([]);
  });

  it.each(BANNED)('do without $pattern', ({ pattern, use, except }) => {
    const found = product
      .filter(({ path }) => !except.includes(path))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}`] : [])),
      );
    expect(found, `use ${use}`).toEqual([]);
  });
});

describe('dependencies', () => {
  const manifest = JSON.parse(readText('package.json')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
    scripts: Record<string, string>;
  };

  /** Packages that are used without an import or a script. */
  const UNIMPORTED: Readonly<Record<string, string>> = {
    '@types/node': 'the compiler reads it (tsconfig.json: types)',
    typescript: 'its command is called tsc',
    '@biomejs/biome': 'its command is called biome',
    assemblyscript: 'src/batch/kernels/build.mjs imports it',
    rolldown: 'src/cli/bundle.mjs imports it',
  };

  const importedBy = (files: readonly SourceFile[]): Set<string> =>
    new Set(files.flatMap(({ imports }) => imports.flatMap(({ specifier }) => packageOf(specifier) ?? [])));

  /** What of the product is bundled with its packages (src/cli/bundle.mjs), so that users need none of them. */
  const [bundled, plain] = [true, false].map((is) =>
    product.filter(({ path }) => is === (path === 'src/cli/otlp.ts')),
  ) as [SourceFile[], SourceFile[]];

  it('are exactly the packages that the product imports', () => {
    expect([...importedBy(plain)].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it('for development are all used', () => {
    const used = importedBy([...bench, ...bundled, ...dashboard, ...sourceFiles('test')]);
    const unused = Object.keys(manifest.devDependencies).filter(
      (name) => !used.has(name) && !(name in UNIMPORTED),
    );
    expect(unused).toEqual([]);
    const undeclared = [...used].filter(
      (name) => !(name in { ...manifest.dependencies, ...manifest.devDependencies }),
    );
    expect(undeclared).toEqual([]);
  });

  it('each have their reason in docs/dependencies.md', () => {
    const explained = [...readText('docs/dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map(
      ([, name]) => name!,
    );
    const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
    expect(explained.sort()).toEqual(declared.sort());
  });
});

/** Some circle of the graph, as a path that ends where it begins; undefined when there is none. */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): string | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node].join(' → ');
    if (done.has(node)) return undefined;
    trail.push(node);
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next);
      if (circle !== undefined) return circle;
    }
    trail.pop();
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
