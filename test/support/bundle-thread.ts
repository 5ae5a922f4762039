import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

export interface BundledThread {
  readonly url: URL;
  remove(): void;
}

/** Makes a worker thread's module from the sources as they are now: threads cannot load TypeScript. */
export async function bundleThread(source: string): Promise<BundledThread> {
  // Inside of node_modules, so that the bundle finds the packages.
  const parent = join('node_modules', '.cache');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'millrace-thread-'));
  const bundle = await rolldown({
    input: { thread: source },
    platform: 'node',
    external: ['piscina', 'apache-arrow'],
    resolve: { conditionNames: ['millrace-source', 'node', 'import', 'default'] },
  });
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await bundle.close();
  return {
    url: pathToFileURL(join(folder, 'thread.mjs')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
