import { afterBlanks, type LineMachine, standsAt, TextFinder } from './machine.js';

const COLON = 58;
const POINT = 46;
const State = { CLOSED: 0, AFTER_EXCEPTION: 1, IN_TRACE: 2, NESTED: 3 } as const;
/** What the first line of a trace has before a colon or at its end. */
const THROWN = ['Exception', 'Error', 'Throwable', 'V8 errors stack trace'].map((text) => ({
  length: text.length,
  finder: new TextFinder(text),
}));
/** Lines that a trace goes on with, by what they begin with behind their indentation. */
const FRAMES = [
  'at ',
  'eval at ',
  '--- End of inner exception stack trace ---',
  '--- End of stack trace from previous location ',
];
const CAUSES = ['Caused by:', 'Suppressed:', 'Wrapped by:'];
const FIRST_BYTES = Buffer.from('-.CSW');

/** Stack traces of Java and of other languages of its machine, of JavaScript and of .NET, which look alike. */
export const JAVA: LineMachine = {
  states: 4,
  step(bytes, start, end, state) {
    const text = afterBlanks(bytes, start, end);
    const isAfterException = state === State.AFTER_EXCEPTION;
    if (isAfterException && start === end) return state;
    const next = mayBeInTrace(bytes, start, text) ? inTrace(bytes, start, text, end) : State.CLOSED;
    if (next !== State.CLOSED) return isAfterException || state === State.IN_TRACE ? next : ~next;
    if (isAfterException && standsAt(bytes, text, end, 'nested exception is:')) return State.NESTED;
    if (!isThrown(bytes, start, end)) return ~State.CLOSED;
    return state === State.NESTED ? State.AFTER_EXCEPTION : ~State.AFTER_EXCEPTION;
  },
};

/** Tells most other lines quickly. */
function mayBeInTrace(bytes: Buffer, start: number, text: number): boolean {
  return text > start || FIRST_BYTES.includes(bytes[start]!);
}

/** The state after a line that only stands in traces, else CLOSED. */
function inTrace(bytes: Uint8Array, start: number, text: number, end: number): number {
  const isIndented = text > start;
  for (const frame of FRAMES) {
    if ((isIndented || frame.startsWith('---')) && standsAt(bytes, text, end, frame)) return State.IN_TRACE;
  }
  if (bytes[text] === POINT && isOmitted(bytes, text, end)) return State.IN_TRACE;
  for (const cause of CAUSES) if (standsAt(bytes, text, end, cause)) return State.AFTER_EXCEPTION;
  return State.CLOSED;
}

/** `... 12 more`, `... 3 common frames omitted`. */
function isOmitted(bytes: Uint8Array, text: number, end: number): boolean {
  if (!standsAt(bytes, text, end, '... ')) return false;
  let at = text + 4;
  while (at < end && bytes[at]! >= 48 && bytes[at]! <= 57) at++;
  if (at === text + 4) return false;
  return standsAt(bytes, at, end, ' more') || standsAt(bytes, at, end, ' common frames omitted');
}

function isThrown(bytes: Buffer, start: number, end: number): boolean {
  for (const { length, finder } of THROWN) {
    let at = finder.find(bytes, start, end);
    for (; at >= 0; at = finder.find(bytes, at, end)) {
      at += length;
      if (at === end || bytes[at] === COLON) return true;
    }
  }
  return false;
}
