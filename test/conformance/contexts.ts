import type { Config, Definition, SinkContext, StageContext } from '#component';
import { defaultsOf } from '../../src/config/index.js';

/** A stage's surroundings for tests. */
export function stageContext(changes: Partial<StageContext> = {}): StageContext {
  const log = { info: () => {}, warn: () => {} };
  return { pipeline: 'test', stage: 'in', framing: 'lines', preambleLines: 0, log, ...changes };
}

export function sinkContext(header?: Uint8Array, footer?: Uint8Array): SinkContext {
  return { ...stageContext({ stage: 'out' }), header, footer };
}

/** The configuration that a definition's defaults and these options make. */
export function configOf(definition: Definition, options: Config): Config {
  return { ...defaultsOf(definition.fields), ...options };
}
