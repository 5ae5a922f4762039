import type { FormatDefinition } from './format.js';
import { PairParser, PairsDecoder, ValueKind } from './pairs/index.js';

const TAB = 9;
const COLON = 58;

/** Splits `label:value` fields with tabs between them; empty fields are skipped. */
class LtsvParser extends PairParser {
  protected split(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const from = at;
      let colon = -1;
      for (; at < end && bytes[at] !== TAB; at++) if (bytes[at] === COLON && colon < 0) colon = at;
      if (at > from && colon <= from) {
        this.refuse(
          colon < 0 ? 'expected ":" after the label' : 'expected a label',
          colon < 0 ? at : from,
          end,
        );
        return;
      }
      if (at > from) this.pairs.add(from, colon, ValueKind.PLAIN, colon + 1, at);
      at++;
    }
  }
}

/** Labeled tab-separated values (http://ltsv.org). */
export const LTSV_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'ltsv',
  summary:
    'Labeled tab-separated values, one record a line: label:value fields with tabs between them. Values are texts; of a ' +
    'label that comes twice the last value counts.',
  fields: [],
  example: 'ltsv',
  decoder: {
    framing: () => 'lines',
    shape: () => ({ fields: new Map(), open: true }),
    sample: {
      input: 'host:192.0.2.7\treq:GET /cart HTTP/1.1\tstatus:200\treferer:',
      output: '{"host":"192.0.2.7","req":"GET /cart HTTP/1.1","status":"200","referer":""}',
    },
    create: () => new PairsDecoder(new LtsvParser()),
  },
};
