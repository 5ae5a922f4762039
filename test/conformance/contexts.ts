import type { Config, Definition, SinkContext, StageContext } from '#component';

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
  const defaults = definition.fields
    .filter((field) => field.default !== undefined)
    .map((field) => [field.name, field.default]);
  return { ...Object.fromEntries(defaults), ...options };
}
