import { decodeText, type Row } from './records.js';
import { bytesOf, failed, PASSED, type Suite, same } from './suite.js';

/** csv-spectrum. Texts that RFC 4180 does not allow are read with `quotes: lenient`. */
export const CSV_SUITE: Suite = {
  name: 'csv',
  run: (item) => {
    const { ok } = item.expected as { ok?: unknown };
    const strict = decodeText('csv', bytesOf(item));
    const isRefused = strict.some((row: Row) => typeof row === 'string');
    if (ok === undefined) return isRefused ? PASSED : failed('accepted');
    return same(isRefused ? decodeText('csv', bytesOf(item), { quotes: 'lenient' }) : strict, ok);
  },
};
