import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { CATALOGUE } from '../src/cli/catalogue.js';
import { components } from '../src/cli/list.js';
import { referencePages } from '../src/cli/reference.js';
import { formatProblem } from '../src/config/index.js';
import { planPipeline, readPipeline } from '../src/plan/index.js';
import { filesUnder, ROOT } from './house-files.js';

const REFERENCE = join(ROOT, 'docs/reference');

function pages(): string[] {
  const top = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md'];
  return [...top, ...['docs', 'connectors', 'pipelines'].flatMap((folder) => filesUnder(folder, '.md'))];
}

function problemsOf(yaml: string): string[] {
  const { pipeline, problems } = readPipeline(yaml, 'page', { env: {}, set: [], catalogue: CATALOGUE });
  if (!pipeline) return problems.map(formatProblem);
  return planPipeline(pipeline).problems.map(({ message }) => message);
}

describe('docs/reference', () => {
  it.each([...referencePages()])('%s is what the definitions say', (name, text) => {
    const written = readFileSync(join(REFERENCE, name), 'utf8');
    expect(
      written === text,
      `docs/reference/${name} is stale: run "npm run docs" and commit what it writes`,
    ).toBe(true);
  });

  it('holds no page that nobody writes', () => {
    expect(readdirSync(REFERENCE).sort()).toEqual([...referencePages().keys()].sort());
  });
});

describe('pages', () => {
  const fences = pages().flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    return [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml], i) => ({
      page,
      number: i + 1,
      yaml: yaml!,
    }));
  });
  const isPipeline = ({ yaml }: { yaml: string }) => /^sources:/m.test(yaml) && /^sinks:/m.test(yaml);

  it.each(fences.filter(isPipeline))('$page, pipeline $number has no mistakes', ({ yaml }) => {
    expect(problemsOf(yaml)).toEqual([]);
  });

  it.each(fences.filter((fence) => !isPipeline(fence)))('$page, part $number is YAML', ({ yaml }) => {
    expect(parseDocument(yaml).errors).toEqual([]);
  });

  it.each(pages())('%s links only to what is there', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '');
    const anchors = (path: string): Set<string> =>
      new Set([...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(heading!)));
    const broken = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].filter(
      ([, path, anchor]) => {
        const target = path === '' ? join(ROOT, page) : join(ROOT, page, '..', path!);
        try {
          return !existsSync(target) || (anchor !== undefined && !anchors(target).has(anchor));
        } catch {
          return true;
        }
      },
    );
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

describe('docs/troubleshooting.md', () => {
  const page = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
  const codes = new Set(
    ['src', 'connectors']
      .flatMap((folder) => filesUnder(folder, '.ts'))
      .flatMap((file) => codesOf(readFileSync(join(ROOT, file), 'utf8'))),
  );

  it('is about codes that were found', () => {
    expect(codes.size).toBeGreaterThan(25);
  });

  it.each([...codes])('tells what to do about %s', (code) => {
    expect(page.includes(`\`${code}\``), `add a line about \`${code}\` to docs/troubleshooting.md`).toBe(
      true,
    );
  });
});

/** The codes of errors that a user may meet. Those that blame Millrace itself are told apart by their message. */
function codesOf(source: string): string[] {
  const errors = source.matchAll(/new MillraceError\(\s*'(\w+)'([\s\S]{0,400}?)\)/g);
  return [...errors].flatMap(([, code, rest]) => (rest!.includes("blame: 'internal'") ? [] : [code!]));
}

/** As GitHub makes an anchor of a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

/** How an exchange of each type is read. */
const BOUND: Readonly<Record<string, string>> = {
  direct: '{ from: it, binding: error }',
  topic: '{ from: it, binding: "web.#" }',
  fanout: 'it',
  headers: '{ from: it, headers: { status: 500 } }',
};

describe('examples of components', () => {
  const source = 'sources:\n  web: { type: stdin, format: combined }\n';
  const indent = (text: string) => text.trimEnd().replace(/^/gm, '    ');
  const without = (text: string, key: string) => text.replace(new RegExp(`^${key}:.*\n`, 'm'), '');
  const sink = (inputs: string) => `sinks:\n  out: { type: blackhole, inputs: [${inputs}] }\n`;

  it.each(components().map((component) => [`${component.kind} ${component.name}`, component] as const))(
    '%s',
    (_, { kind, name, example, directions }) => {
      const stage = `  it:\n${indent(kind === 'source' ? example : `inputs: [web]\n${without(example, 'inputs')}`)}\n`;
      const read = `sources:\n  it: { type: stdin, format: ${example.trim()} }\n${sink('it')}`;
      const written = `${source}sinks:\n  it: { type: file, path: out/x, inputs: [web], format: ${example.trim()} }\n`;
      const format = directions?.includes('sources') ? read : written;
      const whole = {
        source: `sources:\n${stage}${sink('it')}`,
        transform: `${source}transforms:\n${stage}${sink(name === 'route' ? 'it.unmatched' : 'it')}`,
        exchange: `${source}exchanges:\n${stage}${sink(BOUND[name]!)}`,
        sink: `${source}sinks:\n${stage}`,
        queue: `${source}sinks:\n  it: { type: blackhole, inputs: [web], queue: ${JSON.stringify(parse(example))} }\n`,
        format,
      }[kind];
      expect(problemsOf(whole)).toEqual([]);
    },
  );
});
