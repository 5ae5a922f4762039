import { decodeText, type Row } from './records.js';
import { bytesOf, PASSED, type Suite, same } from './suite.js';

interface Expected {
  readonly ok?: readonly (readonly [string, string | null][])[];
  readonly line?: number;
}

/**
 * go-logfmt and kr/logfmt. Two choices of ours: a key alone is `true`, as in Vector, where go-logfmt has no value, and
 * of a key that stands twice the last value counts. Lines without pairs are records without fields.
 */
export const LOGFMT_SUITE: Suite = {
  name: 'logfmt',
  run: (item) => {
    const { ok, line } = item.expected as Expected;
    const rows = decodeText('logfmt', bytesOf(item));
    if (!ok) {
      const refused = rows.flatMap((row, index) => (typeof row === 'string' ? [index + 1] : []));
      return line === undefined && refused.length > 0 ? PASSED : same(refused, [line]);
    }
    const wanted = ok.map((pairs) => Object.fromEntries(pairs.map(([key, value]) => [key, value ?? ''])));
    const isFull = (row: Row): boolean => typeof row === 'string' || Object.keys(row).length > 0;
    return same(rows.map(withoutTrue).filter(isFull), wanted.filter(isFull));
  },
};

function withoutTrue(row: Row): Row {
  if (typeof row === 'string') return row;
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === true ? '' : value]));
}
