import { QUEUES, SINKS, SOURCES } from '../../connectors/index.js';
import { FORMATS } from '../formats/index.js';
import type { Catalogue } from '../plan/index.js';
import { EXCHANGES, TRANSFORMS } from '../transforms/index.js';

function named<T extends { readonly name: string }>(all: readonly T[]): ReadonlyMap<string, T> {
  return new Map(all.map((one) => [one.name, one]));
}

/** Everything that pipelines can be made of. */
export const CATALOGUE: Catalogue = {
  sources: named(SOURCES),
  transforms: named(TRANSFORMS),
  exchanges: named(EXCHANGES),
  sinks: named(SINKS),
  queues: named(QUEUES),
  formats: FORMATS,
};
