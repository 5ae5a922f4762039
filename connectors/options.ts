import {
  type Config,
  type Field,
  type FramingOptions,
  type LongLines,
  MULTILINE_FIELD,
  type StageContext,
} from '#component';

/** The options of every source that cuts a stream of bytes into records. */
export const FRAMING_FIELDS: readonly Field[] = [
  MULTILINE_FIELD,
  {
    name: 'max_line_bytes',
    summary: 'The longest line, without its newline, that is read as a record.',
    type: { kind: 'size', min: 1, max: 2 ** 28 },
    default: 2 ** 20,
    example: '64KiB',
  },
  {
    name: 'long_lines',
    summary:
      'What becomes of a longer line: its beginning is passed on, it becomes a dead letter (which keeps up to 64 KiB), or it is dropped and counted.',
    type: { kind: 'enum', values: ['truncate', 'dead_letter', 'drop'] },
    default: 'dead_letter',
  },
];

/** What the options above and the format ask of the framing. */
export function framingOptions(config: Config, context: StageContext): FramingOptions {
  return {
    framing: context.framing,
    preambleLines: context.preambleLines,
    maxLineBytes: config.max_line_bytes as number,
    longLines: config.long_lines as LongLines,
  };
}
