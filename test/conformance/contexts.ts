import {
  Claims,
  type Config,
  type Definition,
  recordEndsOf,
  type SinkContext,
  type StageContext,
} from '#component';
import { nodeStorage } from '../../src/base/storage.js';
import { defaultsOf } from '../../src/config/index.js';

/** A stage's surroundings for tests. */
export function stageContext(changes: Partial<StageContext> = {}): StageContext {
  const log = { info: () => {}, warn: () => {} };
  const claims = new Claims();
  return {
    pipeline: 'test',
    stage: 'in',
    framing: 'lines',
    preambleLines: 0,
    claims,
    log,
    storage: nodeStorage,
    ...changes,
  };
}

export function sinkContext(header?: Uint8Array, footer?: Uint8Array): SinkContext {
  return { ...stageContext({ stage: 'out' }), header, footer, recordEnds: recordEndsOf('lines') };
}

/** The configuration that a definition's defaults and these options make. */
export function configOf(definition: Definition, options: Config): Config {
  return { ...defaultsOf(definition.fields), ...options };
}
