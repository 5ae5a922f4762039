import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { QUEUES, SINKS, SOURCES } from '../../connectors/index.js';

const ROOT = join(import.meta.dirname, '../../connectors');
const folders = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const text = (folder: string, file: string): string => readFileSync(join(ROOT, folder, file), 'utf8');

describe('the list of connectors', () => {
  it('has every folder, in the order of the names, each name once', () => {
    const names = new Set([...SOURCES, ...SINKS, ...QUEUES].map(({ name }) => name));
    expect([...names].sort()).toEqual([...folders].sort());
    for (const list of [SOURCES, SINKS, QUEUES]) {
      const ofKind = list.map(({ name }) => name);
      expect(ofKind).toEqual([...new Set(ofKind)].sort());
    }
  });

  it.each(folders)('has the files of %s in their places', (folder) => {
    for (const file of ['index.ts', 'README.md', 'example.yaml'])
      expect(existsSync(join(ROOT, folder, file))).toBe(true);
    const has = (list: readonly { readonly name: string }[]) => list.some(({ name }) => name === folder);
    expect(existsSync(join(ROOT, folder, 'queue.ts'))).toBe(has(QUEUES));
    expect(existsSync(join(ROOT, folder, 'source.ts'))).toBe(has(SOURCES) || has(QUEUES));
    expect(existsSync(join(ROOT, folder, 'sink.ts'))).toBe(has(SINKS) || has(QUEUES));
  });

  it.each(folders)('shows the example of %s in its README', (folder) => {
    expect(text(folder, 'README.md')).toContain(text(folder, 'example.yaml'));
  });

  it.each(
    [...SOURCES, ...SINKS, ...QUEUES].map(
      (definition) => [`${definition.kind} ${definition.name}`, definition] as const,
    ),
  )(
    'gives %s an example of known options, all of the required ones among them',
    (_name, { name, fields, example, summary }) => {
      const stage = parse(example) as Record<string, unknown>;
      expect(stage.type).toBe(name);
      const known = new Set(['type', ...fields.map((field) => field.name)]);
      for (const key of Object.keys(stage)) expect(known).toContain(key);
      for (const field of fields) if (field.required) expect(stage).toHaveProperty(field.name);
      for (const { summary: one } of [{ summary }, ...fields]) expect(one).toMatch(/\.$/);
    },
  );
});
