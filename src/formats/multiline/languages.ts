import { standsAt, TextFinder } from './machine.js';
import { RuleMachine } from './rules.js';

const SPACE = 32;
const COLON = 58;
const CLOSE = 41;
const TAB = 9;

const Python = { FRAMES: 1, CODE: 2, AFTER: 3, CHAIN: 4, CHAINED: 5 } as const;

/** Tracebacks of Python, with those of the exceptions that led to them or came of them. */
export const PYTHON = new RuleMachine(
  6,
  [{ line: /^Traceback \(most recent call last\):$/, to: Python.FRAMES }],
  [
    { from: [Python.FRAMES, Python.CODE], line: /^[\t ]+File "/, to: Python.CODE, isTelling: true },
    { from: [Python.FRAMES], line: /^[\t ]+(?:[~^][\t ~^]*$|\[Previous line repeated )/, to: Python.FRAMES },
    { from: [Python.CODE], line: /[^\t ]/, to: Python.FRAMES },
    { from: [Python.FRAMES], line: /^[^\s.():]+(?:\.[^\s.():]+)*(?::|$)/, to: Python.AFTER },
    { from: [Python.AFTER], line: /^[\t ]*$/, to: Python.CHAIN },
    {
      from: [Python.CHAIN],
      line: /^(?:During handling of the above exception|The above exception was the direct cause)/,
      to: Python.CHAINED,
    },
    { from: [Python.CHAINED], line: /^[\t ]*$/, to: Python.CHAINED },
    { from: [Python.CHAINED], line: /^Traceback \(most recent call last\):$/, to: Python.FRAMES },
  ],
  (bytes, start, end) => standsAt(bytes, start, end, 'Traceback ') || isIndented(bytes, start),
);

const Go = { PANIC: 1, SIGNAL: 2, GOROUTINE: 3, FUNCTION: 4, FILE: 5 } as const;

const PANIC = new TextFinder('panic');

/** Panics and fatal errors of Go, with all goroutines. */
export const GO = new RuleMachine(
  6,
  [
    { line: /\bpanic: |^fatal error: /, to: Go.PANIC },
    { line: /http: panic serving/, to: Go.GOROUTINE },
  ],
  [
    { from: [Go.PANIC], line: /^[\t ]+panic: /, to: Go.PANIC },
    { from: [Go.PANIC], line: /^\[signal /, to: Go.SIGNAL },
    { from: [Go.PANIC, Go.SIGNAL, Go.FUNCTION], line: /^$/, to: Go.GOROUTINE },
    {
      from: [Go.PANIC, Go.SIGNAL, Go.GOROUTINE, Go.FUNCTION],
      line: /^goroutine \d+ .*\[[^\]]+\]:$|^goroutine \d+ \[[^\]]+\]:$/,
      to: Go.FUNCTION,
      isTelling: true,
    },
    { from: [Go.FUNCTION], line: /^(?:[^\s.:]+\.)*[^\s.():]+\(|^created by /, to: Go.FILE },
    { from: [Go.FUNCTION], line: /^\.\.\.(?:additional|\d+) frames elided\.\.\.$/, to: Go.FUNCTION },
    { from: [Go.FILE], line: /^\s/, to: Go.FUNCTION },
  ],
  (bytes, start, end) =>
    standsAt(bytes, start, end, 'goroutine ') ||
    standsAt(bytes, start, end, 'fatal error: ') ||
    PANIC.find(bytes, start, end) >= 0,
);

const Ruby = { RAILS: 1, TRACE: 2, CALLERS: 3 } as const;

/** Exceptions of Ruby, as the interpreter writes them and as Rails does. */
export const RUBY = new RuleMachine(
  4,
  [
    { line: /Error \(.*\):$/, to: Ruby.RAILS },
    { line: /^[^\t ].*:\d+:in .*\([A-Z][\w:]*\)$/, to: Ruby.CALLERS },
  ],
  [
    { from: [Ruby.RAILS], line: /^[\t ]*$/, to: Ruby.TRACE },
    { from: [Ruby.RAILS, Ruby.TRACE], line: /^[\t ]+.*\.rb:\d+:in /, to: Ruby.TRACE },
    { from: [Ruby.CALLERS], line: /^[\t ]+(?:\d+: )?from .*:\d+/, to: Ruby.CALLERS, isTelling: true },
  ],
  (bytes, start, end) =>
    end > start && (bytes[end - 1] === COLON || bytes[end - 1] === CLOSE || isIndented(bytes, start)),
);

function isIndented(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === SPACE || bytes[start] === TAB;
}
