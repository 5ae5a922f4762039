import {
  type Config,
  checkMultiline,
  expressionField,
  formatField,
  PATH_TEMPLATE,
  type PathOfRecords,
  parsePathTemplate,
  type SinkDefinition,
  type SourceDefinition,
} from '#component';
import { FRAMING_FIELDS } from '../options.js';
import { createRollingSink, isRolling } from './rolling-sink.js';
import { createFileSink } from './sink.js';
import { createFileSource } from './source.js';

export const fileSource: SourceDefinition = {
  kind: 'source',
  name: 'file',
  summary: 'Reads records from files, plain or compressed, once or for as long as they grow.',
  fields: [
    {
      name: 'paths',
      summary:
        'The files, as globs; relative ones start at the working directory. They are read in the order of their names.',
      type: { kind: 'list', items: { kind: 'string' }, minItems: 1 },
      required: true,
      example: ['/var/log/nginx/access*.log'],
    },
    {
      name: 'exclude',
      summary: 'Globs of files that are not read although `paths` matches them.',
      type: { kind: 'list', items: { kind: 'string' } },
      default: [],
      example: ['**/*.gz'],
    },
    formatField('decoder', 'lines'),
    {
      name: 'compression',
      summary:
        'How the files are compressed. `auto` looks at the name (`.gz`, `.zst`) and, where that says nothing, at the first bytes.',
      type: { kind: 'enum', values: ['auto', 'none', 'gzip', 'zstd'] },
      default: 'auto',
    },
    {
      name: 'follow',
      summary:
        'Whether to wait for more at the end of the files, and for new files, instead of ending. Follows rotation by rename, copy and truncation.',
      type: { kind: 'boolean' },
      default: false,
    },
    {
      name: 'start',
      summary:
        'With `follow`: whether files that are there at the start are read from their beginning or only from their end on.',
      type: { kind: 'enum', values: ['beginning', 'end'] },
      default: 'beginning',
    },
    {
      name: 'poll_interval',
      summary: 'With `follow`: how often files and globs are looked at.',
      type: { kind: 'duration' },
      default: 250,
      example: '250ms',
    },
    {
      name: 'rotate_wait',
      summary:
        'With `follow`: how long a file that was renamed or deleted is still read after the last bytes that came.',
      type: { kind: 'duration' },
      default: 5000,
      example: '5s',
    },
    {
      name: 'allow_empty',
      summary: 'Whether a glob that matches no file is fine. With `follow` it always is.',
      type: { kind: 'boolean' },
      default: false,
    },
    ...FRAMING_FIELDS,
  ],
  example: ['type: file', 'paths: ["/var/log/nginx/access*.log"]', 'format: combined', ''].join('\n'),
  check: checkMultiline,
  create: createFileSource,
};

export const fileSink: SinkDefinition = {
  kind: 'sink',
  keepsState: true,
  name: 'file',
  summary: 'Writes records to a file, or to files that their fields and times name; plain or compressed.',
  fields: [
    {
      name: 'path',
      summary:
        'The file; a relative path starts at the working directory. Missing folders are made. With `{expression}` parts and ' +
        'strftime parts (`%Y-%m-%d`, in UTC) each record goes to the file that it names.',
      type: PATH_TEMPLATE,
      required: true,
      example: 'out/{service}/%Y-%m-%d.ndjson',
    },
    expressionField(
      'time',
      'The time of strftime parts: a timestamp, or a text in RFC 3339. Where it is null, the time counts at which the record was read.',
      { default: 'timestamp', example: 'event.time' },
    ),
    formatField('file_encoder', 'json'),
    {
      name: 'mode',
      summary:
        'Whether a file that is there already grows or is emptied first. A run that goes on where the last one was never empties it.',
      type: { kind: 'enum', values: ['append', 'overwrite'] },
      default: 'append',
    },
    {
      name: 'compression',
      summary:
        'How the file is compressed. `auto` goes by the ending of the path: `.gz` is gzip, `.zst` is zstd, any other is none. zstd needs Node 22.15 or newer.',
      type: { kind: 'enum', values: ['auto', 'none', 'gzip', 'zstd'] },
      default: 'auto',
    },
    {
      name: 'rotate',
      summary:
        'When a file is finished and the next one begins. Finished files get their names, at the next checkpoint; where a name is taken, `-1`, `-2` … is put before its ending.',
      type: {
        kind: 'object',
        fields: [
          {
            name: 'max_bytes',
            summary: 'The size that no file exceeds, unless a single record does, before compression.',
            type: { kind: 'size', min: 1 },
            example: '128MiB',
          },
          {
            name: 'max_age',
            summary: 'How long after its first record a file is finished.',
            type: { kind: 'duration', min: 1 },
            example: '1h',
          },
          {
            name: 'max_idle',
            summary:
              'How long after its last record a file is finished. With parts in `path` that is 5 minutes if nothing is said.',
            type: { kind: 'duration', min: 1 },
            example: '10m',
          },
        ],
      },
      example: { max_bytes: '128MiB', max_age: '1h' },
    },
  ],
  example: ['type: file', 'path: out/errors.ndjson', 'format: json', ''].join('\n'),
  check: checkSink,
  path: pathOf,
  create: (config, context) =>
    isRolling(config, context) ? createRollingSink(config, context) : createFileSink(config, context),
};

function pathOf({ path, time }: Config): PathOfRecords | undefined {
  const template = path as string;
  return parsePathTemplate(template).isConstant ? undefined : { template, time: time as string };
}

function checkSink(config: Config): { field: string; message: string }[] {
  if (config.mode !== 'overwrite' || !(pathOf(config) || config.rotate)) return [];
  const message = 'files that are finished one after another are never overwritten: leave `mode` out';
  return [{ field: 'mode', message }];
}
