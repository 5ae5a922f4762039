import { expect, it } from 'vitest';
import { Arena, Tag, textAddress, textLength, type Vector } from '../../src/batch/index.js';
import { formatNamed } from '../../src/formats/index.js';
import { exampleConfig } from './samples.js';
import { only, placeRecords } from './support.js';

const BATCH = 4096;
const NEWLINE = 10;
const PARTITION = { source: 'test', name: 'test.log' };

/** Every two bytes, and what is too long, a surrogate, beyond Unicode or cut off, in three and four. */
const SEQUENCES: readonly Buffer[] = [
  ...Array.from({ length: 65_536 }, (_, pair) => Buffer.of(pair >> 8, pair & 0xff)),
  ...[
    'c080af',
    'e08080',
    'e09fbf',
    'eda080',
    'edbfbf',
    'eda080edb080',
    'f0808080',
    'f08fbfbf',
    'f4908080',
    'f8888080',
    'fc84808080',
    'feff',
    'e282',
    'e28241',
    'f09f98',
    'f09f9841',
    'f09f',
    'efbbbf',
    'efbfbf',
    'f48fbfbf',
    'e282ac',
    'f09f9880',
  ].map((hex) => Buffer.from(hex, 'hex')),
].filter((bytes) => !bytes.includes(NEWLINE));

/** Formats with a place for a free text, which the field then holds. */
const PLACES: readonly (readonly [format: string, before: string, after: string, field: string])[] = [
  ['lines', 'x', 'y', 'message'],
  ["{type: regex, pattern: '^(?<m>.*)$'}", 'x', 'y', 'm'],
  ["{type: grok, pattern: '^%{GREEDYDATA:m}$'}", 'x', 'y', 'm'],
  ["{type: grok, pattern: '^(?!#)%{GREEDYDATA:m}$'}", 'x', 'y', 'm'],
  ['logfmt', 'level=info m=x', 'y z=1', 'm'],
  ['logfmt', 'level=info m="x', 'y" z=1', 'm'],
  ['key_value', 'level=info m=x', 'y z=1', 'm'],
  ['ltsv', 'level:info\tm:x', 'y\tz:1', 'm'],
  ['{type: csv, header: false, columns: [a, m, z]}', '1,x', 'y,2', 'm'],
  ['{type: csv, header: false, columns: [a, m, z]}', '1,"x', 'y",2', 'm'],
  ['{type: tsv, header: false, columns: [a, m, z]}', '1\tx', 'y\t2', 'm'],
  ['combined', '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 5 "-" "x', 'y"', 'agent'],
  ['apache_error', '[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708] x', 'y', 'message'],
  ['syslog', '<34>1 2003-10-11T22:14:15.003Z host app - - - x', 'y', 'message'],
  ['{type: syslog, standard: rfc3164}', '<34>Oct 11 22:14:15 host app: x', 'y', 'message'],
  ['cef', 'CEF:0|v|p|1|s|n|5|msg=x', 'y', 'msg'],
  ['klog', 'I0505 17:59:40.692994   28133 file.go:45] x', 'y', 'message'],
  ['json', '{"m":"x', 'y"}', 'm'],
  ['gelf', '{"version":"1.1","host":"h","short_message":"x', 'y"}', 'short_message'],
];

const arena = new Arena(64 * 1024 * 1024);

/** The bytes of a row's text, without the quotes of JSON; undefined when it is no text. */
function bytesAt({ uniform, tags, views }: Vector, row: number): Buffer | undefined {
  const tag = uniform ?? tags[row];
  if (tag !== Tag.TEXT && tag !== Tag.JSON) return undefined;
  const start = textAddress(views!, row);
  const bytes = Buffer.from(arena.bytes.slice(start, start + textLength(views!, row)));
  return tag === Tag.JSON ? bytes.subarray(1, -1) : bytes;
}

/** Whether a format may give these bytes another meaning: ASCII is where quotes, escapes and blanks are. */
const isFree = (bytes: Buffer): boolean => bytes.every((byte) => byte >= 0x80);

it.each(PLACES)(
  '%s keeps bytes that are no UTF-8, or refuses their record: %s…%s',
  (example, before, after, field) => {
    const config = exampleConfig(example);
    const decoder = formatNamed(config.type)!.decoder!.create(config);
    let kept = 0;
    for (let from = 0; from < SEQUENCES.length; from += BATCH) {
      const sequences = SEQUENCES.slice(from, from + BATCH);
      arena.reset();
      const records = placeRecords(
        arena,
        sequences.map((bytes) => Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)])),
      );
      const { columns, document, refused } = decoder.decode(arena, records, only(field), PARTITION, 0);
      const refusedRows = new Set(refused.map(({ row }) => row));
      const vector = columns.get(field) ?? document?.members.get(field);
      for (const [row, bytes] of sequences.entries()) {
        if (!isFree(bytes) || refusedRows.has(row)) continue;
        const found = vector && bytesAt(vector, row);
        const expected = Buffer.concat([Buffer.from('x'), bytes, Buffer.from('y')]).toString('hex');
        expect(found?.toString('hex')).toBe(expected);
        kept++;
      }
    }
    expect(kept).toBeGreaterThan(0);
  },
);
