import { join } from 'node:path';
import { expect, it } from 'vitest';
import { records, run, temporaryFolder, write } from './support.js';

it('threads join records with a table that the main thread has read', async () => {
  const cwd = temporaryFolder();
  write(cwd, 'levels.csv', 'level,rank\nerror,three and a half; more or less\n');
  write(
    cwd,
    'pipeline.yaml',
    `
name: ranked
sources: { logs: { type: generate, kind: app_json, count: 20000, format: json } }
transforms: { ranked: { type: enrich, inputs: [logs], file: levels.csv, key: level, fields: [rank], when_unknown: drop } }
sinks: { out: { type: file, inputs: [ranked], path: out.ndjson, format: json } }
runtime: { workers: 2, batch: { max_bytes: 64KiB } }
`,
  );
  const { code, err } = await run(['run', 'pipeline.yaml'], { cwd });
  expect(code, err).toBe(0);
  const written = records(join(cwd, 'out.ndjson'));
  expect(written.length).toBeGreaterThan(500);
  expect(new Set(written.map(({ level, rank }) => `${level}: ${rank}`))).toEqual(
    new Set(['error: three and a half; more or less']),
  );
});

it('says before anything is written which table is missing', async () => {
  const cwd = temporaryFolder();
  write(cwd, 'in.ndjson', '{"k":1}\n');
  write(
    cwd,
    'pipeline.yaml',
    `
name: ranked
sources: { logs: { type: file, paths: [in.ndjson], format: json } }
transforms: { ranked: { type: enrich, inputs: [logs], file: levels.csv, key: k, fields: [rank] } }
sinks: { out: { type: stdout, inputs: [ranked], format: json } }
`,
  );
  const { code, out, err } = await run(['run', 'pipeline.yaml'], { cwd });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('there is no file levels.csv');
});
