import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** All tests, and the processes that they start, make their temporary files in one folder, which is gone when they have ended. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tests-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}
