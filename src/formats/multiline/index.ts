import { compileRegex, RegexError } from '../../base/regex/regex.js';
import { type Field, FieldError, type FieldType, type Variant } from '../../config/fields.js';
import type { Framing, LinePatterns, MultilineFraming } from '../format.js';
import { ContainerJoiner } from './container-joiner.js';
import { LineGrouper } from './grouper.js';

export { frameGroups } from './frame.js';
export { joinContainers } from './join-containers.js';

/** The checked value of the option `multiline`. */
export type MultilineConfig = { readonly type: string } & LinePatterns &
  Readonly<{ max_lines: number; max_bytes: number; flush_after: number }>;

const LIMITS: readonly Field[] = [
  {
    name: 'max_lines',
    summary: 'The most lines that a record has; those behind them are the next record.',
    type: { kind: 'integer', min: 1 },
    default: 1000,
  },
  {
    name: 'max_bytes',
    summary: 'The same in bytes.',
    type: { kind: 'size', min: 1, max: 2 ** 27 },
    default: 2 ** 20,
    example: '256KiB',
  },
  {
    name: 'flush_after',
    summary: 'How long more lines of a record are waited for where the input grows.',
    type: { kind: 'duration', min: 1 },
    default: 1000,
    example: '5s',
  },
];

function patternField(name: 'start' | 'continue' | 'end', summary: string, example: string): Field {
  return { name, summary, type: LINE_PATTERN, example };
}

const LINE_PATTERN: FieldType = { kind: 'string', format: 'regex', parse: parsePattern };

function parsePattern(pattern: string): string {
  try {
    compileRegex(pattern);
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown;
    throw new FieldError(`the regular expression is wrong: ${thrown.message}`, thrown.offset);
  }
  return pattern;
}

/** What the option `multiline` of sources may be. */
export const MULTILINE: readonly Variant[] = [
  {
    name: 'java',
    summary: 'Stack traces of Java, of other languages of its machine, of JavaScript and of .NET.',
    fields: LIMITS,
  },
  {
    name: 'python',
    summary: 'Tracebacks of Python, with those of the exceptions that led to them.',
    fields: LIMITS,
  },
  { name: 'go', summary: 'Panics and fatal errors of Go, with all goroutines.', fields: LIMITS },
  { name: 'ruby', summary: 'Exceptions of Ruby and of Rails.', fields: LIMITS },
  {
    name: 'docker',
    summary:
      "Lines of Docker's json-file driver: those that it cut are one again, for each stream. Read them as json: their text is the field log.",
    fields: LIMITS,
  },
  {
    name: 'cri',
    summary:
      'Lines of other container runtimes (containerd, CRI-O), as Kubernetes keeps them, in the same way. Read them as cri.',
    fields: LIMITS,
  },
  {
    name: 'pattern',
    summary:
      'Patterns (RE2 syntax) of lines, found anywhere in them. start: a record begins with such a line, and all others go on with it. ' +
      'continue: such lines go on with the record before. Both: any other line stands alone. end: a record ends behind such a line.',
    fields: [
      patternField('start', 'A line with which a record begins.', '^\\d{4}-\\d{2}-\\d{2} '),
      patternField('continue', 'A line that belongs to the record before it.', '^\\s'),
      patternField('end', 'A line with which a record ends.', ';$'),
      ...LIMITS,
    ],
  },
];

/** What is wrong with a value that is right field by field. */
export function multilineProblem(config: MultilineConfig): string | undefined {
  const { type, start, continue: goOn, end } = config;
  if (type !== 'pattern' || start !== undefined || goOn !== undefined || end !== undefined) return undefined;
  return 'expected at least one of start, continue and end';
}

export function multilineFraming(config: MultilineConfig): MultilineFraming {
  const { max_lines: maxLines, max_bytes: maxBytes, flush_after: flushAfterMs, ...of } = config;
  return { kind: 'multiline', of, maxLines, maxBytes, flushAfterMs };
}

export function isMultiline(framing: Framing): framing is MultilineFraming {
  return typeof framing === 'object' && framing.kind === 'multiline';
}

/** Whether records are lines of a container's, which its runtime has cut: their parts need not lie side by side. */
export function joinsContainers(framing: Framing): framing is MultilineFraming {
  return isMultiline(framing) && (framing.of.type === 'docker' || framing.of.type === 'cri');
}

/** What finds the records that may go on. */
export type OpenRecords = Pick<LineGrouper, 'openRecord'>;

export function openRecordsOf(framing: MultilineFraming): OpenRecords {
  return joinsContainers(framing) ? new ContainerJoiner(framing) : new LineGrouper(framing);
}
