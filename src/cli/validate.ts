import { Exit, type Io } from './io.js';
import { type LoadOptions, loadPipeline } from './load.js';
import { plural } from './render.js';

/** `millrace validate`. */
export async function validateVerb(file: string, options: LoadOptions, io: Io): Promise<number> {
  const loaded = await loadPipeline(file, options, io);
  if (!loaded) return Exit.CONFIGURATION;
  const count = (kind: string) => loaded.pipeline.stages.filter((stage) => stage.kind === kind).length;
  const parts = (['source', 'transform', 'sink'] as const).map((kind) => plural(count(kind), kind));
  io.out.write(`ok: ${parts.join(', ')}\n`);
  return Exit.DONE;
}
