import { RECORD_HEADERS, type RecordHeader, type RecordMessage } from '../json.js';
import type { RecordCursor } from './record-batch.js';

const NAMES: ReadonlySet<string> = new Set(RECORD_HEADERS);

/** The message of a queue at a cursor that is a record; undefined where it is something else. Its bytes are the cursor's. */
export function recordMessageAt(cursor: RecordCursor): RecordMessage | undefined {
  const { bytes, valueStart, valueEnd } = cursor;
  const headers: Partial<Record<RecordHeader, string>> = {};
  cursor.again();
  for (let i = 0; i < cursor.headers; i++) {
    cursor.header();
    const name = bytes.toString('utf8', cursor.nameStart, cursor.nameEnd);
    if (NAMES.has(name))
      headers[name as RecordHeader] = bytes.toString('utf8', cursor.headerStart, cursor.headerEnd);
  }
  if (headers['millrace-batch'] === undefined || headers['millrace-position'] === undefined) return undefined;
  return { value: bytes.subarray(valueStart, valueEnd), headers };
}
