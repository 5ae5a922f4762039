import type { HeadersAsked, Readers } from '../component/index.js';
import { choosesReaders } from './knowledge.js';
import type { Stage } from './pipeline.js';

/**
 * What a reader has asked of a stage that does not give it all its records, as people read it: binding keys, headers,
 * outputs. Undefined where it gets everything.
 */
export function askedOf(from: Stage, reader: string): string[] | undefined {
  if (!choosesReaders(from)) return undefined;
  const asked = (from.config.readers as Readers)[reader] ?? [];
  const texts = asked.map((one) => (typeof one === 'string' ? one || '""' : headersText(one)));
  const left = from.config.alternate_exchange === reader ? ['what is bound nowhere'] : [];
  return texts.length + left.length > 0 ? [...texts, ...left] : undefined;
}

/** The stage with one more reader, which gets what the reader `like` gets, or without it all that readers ask for. */
export function withReader(stage: Stage, reader: string, like?: string): Stage {
  if (!choosesReaders(stage)) return stage;
  const readers = stage.config.readers as Readers;
  const asked = like === undefined ? Object.values(readers).flat() : (readers[like] ?? []);
  return { ...stage, config: { ...stage.config, readers: { ...readers, [reader]: asked } } };
}

function headersText({ match, headers }: HeadersAsked): string {
  const entries = Object.entries(headers).map(([name, value]) =>
    value === null ? name : `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${match} of ${entries.join(', ') || 'nothing'}`;
}
