// Routes and exchanges as the reference interpreter has them: each record and each reader for itself.
import type { HeaderMatch, HeaderValue } from '../../src/routing/index.js';
import { headersMatch, topicMatches, wordsOf } from '../routing/naive.js';
import type {
  PlainRecord,
  ReferenceExpression,
  ReferenceStage,
  ReferenceTransform,
  Tracked,
} from './interpreter.js';

export interface ReferenceRoute {
  readonly type: 'route';
  readonly routes: Readonly<Record<string, ReferenceExpression>>;
  readonly match: 'first' | 'all';
}

export interface ReferenceExchange {
  readonly type: 'direct' | 'topic' | 'fanout' | 'headers';
  /** Of a direct or topic exchange. */
  readonly key?: ReferenceExpression;
  /** Of a headers exchange: fields of the record by the names of the headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly unrouted: 'dead_letter' | 'drop';
}

export type ReferenceRouting = ReferenceRoute | ReferenceExchange;

/** What a stage asks of a route (an output) or of an exchange (a binding). */
export type Asked = string | HeadersAsked;
type HeadersAsked = { readonly match: HeaderMatch; readonly headers: Readonly<Record<string, HeaderValue>> };

export function isRouting(transform: ReferenceTransform): transform is ReferenceRouting {
  return 'routes' in transform || 'unrouted' in transform;
}

/**
 * Gives each record to those readers that ask for it, in `out`, by `toReader`. Returns the records that fail because
 * nobody does.
 */
export function routeAll(
  id: string,
  transform: ReferenceRouting,
  arriving: readonly Tracked[],
  stages: readonly ReferenceStage[],
  out: Map<string, Tracked[]>,
): Tracked[] {
  const readers = stages.filter(({ inputs }) => inputs.includes(id));
  for (const reader of readers) out.set(toReader(id, reader.id), []);
  return arriving.filter((tracked) => {
    const getting = readers.filter((reader) => isAskedFor(transform, tracked.record, reader.asks[id]!));
    for (const reader of getting) out.get(toReader(id, reader.id))!.push(tracked);
    return getting.length === 0 && transform.type !== 'route' && transform.unrouted === 'dead_letter';
  });
}

export function toReader(id: string, reader: string): string {
  return `${id} to ${reader}`;
}

function isAskedFor(transform: ReferenceRouting, record: PlainRecord, asked: readonly Asked[]): boolean {
  switch (transform.type) {
    case 'fanout':
      return true;
    case 'route':
      return asked.some((output) => outputsOf(transform, record).includes(output as string));
    case 'headers': {
      const entries = Object.entries(transform.headers!).map(([name, field]) => [name, record[field]]);
      const headers = Object.fromEntries(entries) as Record<string, HeaderValue>;
      return asked.some((binding) => headersMatch(binding as HeadersAsked, headers));
    }
    case 'direct':
      return asked.some((binding) => binding === transform.key!.value(record));
    case 'topic': {
      const key = wordsOf(transform.key!.value(record) as string);
      return asked.some((binding) => topicMatches(wordsOf(binding as string), key));
    }
  }
}

function outputsOf({ routes, match }: ReferenceRoute, record: PlainRecord): string[] {
  const matching = Object.keys(routes).filter((name) => routes[name]!.value(record) === true);
  if (matching.length === 0) return ['unmatched'];
  return match === 'first' ? [matching[0]!] : matching;
}
