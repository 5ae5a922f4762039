import type { Config } from '#component';

const TYPES: Readonly<Record<string, string>> = {
  arrow: 'application/vnd.apache.arrow.stream',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
};

/** What a sink of messages says that they hold: what its `format` writes, of one record or with `batch` of several. */
export function contentTypeOf({ format, batch }: Config): string {
  const { type } = format as { readonly type: string };
  if (type === 'json') return batch === true ? 'application/x-ndjson' : 'application/json';
  return TYPES[type] ?? 'text/plain; charset=utf-8';
}
