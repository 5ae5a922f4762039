import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { TRANSFORMS } from '../../src/transforms/index.js';
import { runInThread } from '../support/run-pipeline.js';

// What has several outputs makes no one thing of a record.
const SHOWN = TRANSFORMS.filter(({ outputs }) => outputs === undefined);

it.each(SHOWN.map((one) => [one.name, one] as const))(
  'the reference shows what the example of %s does',
  async (_, { example, sample }) => {
    if (!sample) throw new Error('every transform shows what its example does');
    const folder = mkdtempSync(join(tmpdir(), 'millrace-shown-'));
    try {
      const files = Object.keys(sample.files ?? {});
      const options = Object.entries(parse(example) as Record<string, unknown>).map(([name, value]) => [
        name,
        files.includes(String(value)) ? join(folder, String(value)) : value,
      ]);
      const stage = { ...Object.fromEntries(options), inputs: ['in'] };
      writeFileSync(join(folder, 'in.ndjson'), `${sample.input}\n`);
      for (const [path, text] of Object.entries(sample.files ?? {}))
        writeFileSync(join(folder, path), `${text}\n`);
      const yaml = stringify({
        name: 'shown',
        sources: { in: { type: 'file', paths: [join(folder, 'in.ndjson')], format: 'json' } },
        transforms: { it: stage },
        sinks: { out: { type: 'file', inputs: ['it'], path: join(folder, 'out'), format: 'json' } },
        runtime: { state: join(folder, 'state') },
      });
      await runInThread(yaml, join(folder, 'pipeline.yaml'));
      expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(`${sample.output}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
