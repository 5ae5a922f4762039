import { compileRegex, RegexError } from '../../base/regex/regex.js';
import { type Field, FieldError, type FieldType, type Variant } from '../../config/fields.js';
import type { Sample } from '../format.js';

/** A way in which lines belong together. */
export interface MultilineKind extends Variant {
  /** A YAML value for `multiline:`, and the format beside it. */
  readonly example: string;
  readonly format: string;
  /** For the documentation: a text, and what is made of it with the two, as NDJSON. */
  readonly sample: Sample;
}

/** What all of them have. */
export const LIMITS: readonly Field[] = [
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

function patternField(name: 'start' | 'continue' | 'end', summary: string, example: string): Field {
  return { name, summary, type: LINE_PATTERN, example };
}

const GROUP: Field = {
  name: 'group',
  summary:
    'Which of the lines that are whole again belong together, those of stdout and of stderr each for themselves: the text of the ' +
    'record has them all. A record ends, too, when the container has written to the other stream for longer than flush_after.',
  type: { kind: 'variant', variants: kindsOfLines },
  example: 'java',
};

/** All but the container runtimes, without the limits, which stand beside `group`. */
function kindsOfLines(): Variant[] {
  return MULTILINE.filter(({ fields }) => !fields.includes(GROUP)).map((kind) => ({
    ...kind,
    fields: kind.fields.filter((field) => !LIMITS.includes(field)),
  }));
}

/** The records that lines have become, by their texts. */
function messages(...texts: string[]): string {
  return texts.map((message) => JSON.stringify({ message })).join('\n');
}

function language(name: string, summary: string, trace: string): MultilineKind {
  const sample = { input: `started\n${trace}\nstopped`, output: messages('started', trace, 'stopped') };
  return { name, summary, fields: LIMITS, example: name, format: 'lines', sample };
}

/** What the option `multiline` of sources may be: the only list. */
export const MULTILINE: readonly MultilineKind[] = [
  language(
    'java',
    'Stack traces of Java, of other languages of its machine, of JavaScript and of .NET. A trace begins with the line that names the exception.',
    'java.lang.IllegalStateException: no cart\n\tat shop.Cart.open(Cart.java:17)\nCaused by: java.io.IOException: disk is full\n\t... 3 more',
  ),
  language(
    'python',
    'Tracebacks of Python, with those of the exceptions that led to them.',
    'Traceback (most recent call last):\n  File "shop.py", line 17, in open\n    return carts[key]\nKeyError: 4711',
  ),
  language(
    'go',
    'Panics and fatal errors of Go, with all goroutines.',
    'panic: no cart\n\ngoroutine 1 [running]:\nmain.open(0x1)\n\t/shop/main.go:17 +0x39',
  ),
  language(
    'ruby',
    'Exceptions of Ruby and of Rails.',
    "shop.rb:17:in `open': no cart (KeyError)\n\tfrom shop.rb:4:in `<main>'",
  ),
  {
    name: 'docker',
    summary:
      "Lines of Docker's json-file driver: those that it cut are one again, for each stream. Read them as json: their text is the field log.",
    fields: [GROUP, ...LIMITS],
    example: 'docker',
    format: 'json',
    sample: {
      input:
        '{"log":"a long","stream":"stdout","time":"2026-05-17T10:05:03Z"}\n' +
        '{"log":"oops\\n","stream":"stderr","time":"2026-05-17T10:05:03Z"}\n' +
        '{"log":" line\\n","stream":"stdout","time":"2026-05-17T10:05:04Z"}',
      output:
        '{"log":"oops\\n","stream":"stderr","time":"2026-05-17T10:05:03Z"}\n' +
        '{"log":"a long line\\n","stream":"stdout","time":"2026-05-17T10:05:03Z"}',
    },
  },
  {
    name: 'cri',
    summary:
      'Lines of other container runtimes (containerd, CRI-O), as Kubernetes keeps them, in the same way. Read them as cri.',
    fields: [GROUP, ...LIMITS],
    example: '{ type: cri, group: java }',
    format: 'cri',
    sample: {
      input:
        '2026-05-17T10:05:03Z stdout P a long\n' +
        '2026-05-17T10:05:03Z stderr F java.lang.Error: oops\n' +
        '2026-05-17T10:05:03Z stdout F  line\n' +
        '2026-05-17T10:05:03Z stderr F \tat shop.Cart.open(Cart.java:17)',
      output:
        '{"timestamp":"2026-05-17T10:05:03Z","stream":"stdout","message":"a long line"}\n' +
        '{"timestamp":"2026-05-17T10:05:03Z","stream":"stderr","message":"java.lang.Error: oops\\n\\tat shop.Cart.open(Cart.java:17)"}',
    },
  },
  {
    name: 'pattern',
    summary:
      'Patterns (RE2 syntax) of lines, found anywhere in them; at least one. With start alone, all other lines go on with the record ' +
      'before them; with continue alone, all others begin one; with both, a line that fits neither is a record of its own.',
    fields: [
      patternField('start', 'A line with which a record begins.', '^\\d{4}-\\d{2}-\\d{2} '),
      patternField('continue', 'A line that belongs to the record before it.', '^\\s'),
      patternField('end', 'A line with which a record ends.', ';$'),
      ...LIMITS,
    ],
    example: "{ type: pattern, start: '^\\d{4}-' }",
    format: 'lines',
    sample: {
      input: '2026-05-17 SELECT *\n  FROM carts\n2026-05-17 COMMIT',
      output: messages('2026-05-17 SELECT *\n  FROM carts', '2026-05-17 COMMIT'),
    },
  },
];
