import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll } from 'vitest';
import type { Storage, StoredFile } from '#component';
import { fileSink } from '../../connectors/file/index.js';
import { nodeStorage } from '../../src/base/storage.js';
import { configOf, sinkContext } from '../conformance/contexts.js';
import { type SinkPlace, testSinkResume } from '../conformance/sink-resume.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-sink-resume-'));
afterAll(() => rmSync(root, { recursive: true }));
let places = 0;

/** In which sinks can be killed: the system closes what a process has open. */
function newPlace(name: string, mode: string, before: Buffer): SinkPlace {
  const folder = join(root, String(places++));
  const path = join(folder, name);
  mkdirSync(folder);
  if (before.length > 0) writeFileSync(path, before);
  let open: StoredFile[] = [];
  const storage: Storage = {
    ...nodeStorage,
    open: async (...args) => {
      const file = await nodeStorage.open(...args);
      open.push(file);
      return file;
    },
  };
  const stored = () => readFile(path);
  return {
    make: (header, footer) =>
      fileSink.create(configOf(fileSink, { path, mode }), { ...sinkContext(header, footer), storage }),
    kill: async (random) => {
      for (const file of open) await file.close();
      open = [];
      if (random.below(2) === 0) await appendFile(path, 'half a block'.repeat(random.below(40_000)));
    },
    stored,
    arrived: async () => (name.endsWith('.gz') ? gunzipSync(await stored()) : await stored()),
  };
}

for (const mode of ['append', 'overwrite']) {
  for (const name of ['out.csv', 'out.csv.gz']) {
    for (const there of ['', 'what was there before\n']) {
      const bytes = name.endsWith('.gz') && there !== '' ? gzipSync(there) : Buffer.from(there);
      testSinkResume(`${name}, ${mode}${there && ', to a file that is there'}`, {
        newPlace: () => newPlace(name, mode, bytes),
        before: mode === 'append' ? there : '',
        largestBlock: 500_000,
      });
    }
  }
}
