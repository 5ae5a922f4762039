import { formatDurationMs } from '../base/units.js';
import type { TestFailure, TestResult } from '../testing/index.js';
import type { Io } from './io.js';
import { type Paint, painter, plural } from './render.js';

export const TEST_FORMATS = ['text', 'json', 'junit'] as const;
export type TestFormat = (typeof TEST_FORMATS)[number];

/** Shows the results of tests. */
export interface TestOutput {
  pipeline(file: string, results: readonly TestResult[]): void;
  end(elapsedMs: number): void;
}

export function createTestOutput(format: TestFormat, io: Io): TestOutput {
  if (format === 'json') return new JsonOutput(io);
  return format === 'junit' ? new JunitOutput(io) : new TextOutput(io);
}

/** `file:line:column: path: what is wrong`. */
function failureLine({ position, path, message }: TestFailure): string {
  const about = path === '' ? '' : `${path}: `;
  return `${position.file}:${position.line}:${position.column}: ${about}${message}`;
}

class TextOutput implements TestOutput {
  readonly #io: Io;
  readonly #paint: Paint;
  #passed = 0;
  #failed = 0;

  constructor(io: Io) {
    this.#io = io;
    this.#paint = painter(io.out, io.env);
  }

  pipeline(file: string, results: readonly TestResult[]): void {
    if (results.length === 0) return;
    const lines = [this.#paint('bold', file)];
    for (const { test, failures, elapsedMs } of results) {
      const isPassed = failures.length === 0;
      const mark = isPassed ? this.#paint('green', '✓') : this.#paint('red', '✗');
      lines.push(`  ${mark} ${test.name}${this.#paint('dim', `  ${formatDurationMs(elapsedMs)}`)}`);
      for (const failure of failures) lines.push('', ...this.#failureLines(failure));
      if (!isPassed) lines.push('');
      if (isPassed) this.#passed++;
      else this.#failed++;
    }
    this.#io.out.write(`${lines.join('\n')}\n`);
  }

  #failureLines(failure: TestFailure): string[] {
    const details = failure.details.map((line) => `        ${this.#painted(line)}`);
    return [`    ${failureLine(failure)}`, ...details];
  }

  #painted(line: string): string {
    if (line.startsWith('-')) return this.#paint('red', line);
    return line.startsWith('+') ? this.#paint('green', line) : line;
  }

  end(elapsedMs: number): void {
    const legend = this.#failed > 0 ? ' (- expected, + found)' : '';
    const failed = this.#failed > 0 ? `, ${this.#failed} failed` : '';
    const line = `${plural(this.#passed + this.#failed, 'test')}: ${this.#passed} passed${failed}`;
    const painted = this.#paint(this.#failed > 0 ? 'red' : 'green', line);
    this.#io.out.write(`\n${painted} in ${formatDurationMs(elapsedMs)}${legend}\n`);
  }
}

/** One JSON object a test and line. */
class JsonOutput implements TestOutput {
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
  }

  pipeline(pipeline: string, results: readonly TestResult[]): void {
    for (const { test, failures, elapsedMs } of results) {
      const { name, position } = test;
      const passed = failures.length === 0;
      const flat = failures.map(({ position: place, ...rest }) => ({ ...place, ...rest }));
      const line = { pipeline, name, ...position, passed, elapsedMs: Math.round(elapsedMs), failures: flat };
      this.#io.out.write(`${JSON.stringify(line)}\n`);
    }
  }

  end(): void {}
}

/** The XML that CI servers read (the JUnit schema of the Jenkins xUnit plug-in), written at the end. */
class JunitOutput implements TestOutput {
  readonly #io: Io;
  readonly #suites: string[] = [];

  constructor(io: Io) {
    this.#io = io;
  }

  pipeline(file: string, results: readonly TestResult[]): void {
    if (results.length === 0) return;
    const failed = results.filter(({ failures }) => failures.length > 0).length;
    const seconds = secondsOf(results.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0));
    const cases = results.map((result) => testCase(file, result)).join('');
    this.#suites.push(
      `  <testsuite name=${quoted(file)} tests="${results.length}" failures="${failed}" errors="0" time="${seconds}">\n${cases}  </testsuite>\n`,
    );
  }

  end(): void {
    const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
    this.#io.out.write(`${head}<testsuites>\n${this.#suites.join('')}</testsuites>\n`);
  }
}

function testCase(file: string, { test, failures, elapsedMs }: TestResult): string {
  const open = `    <testcase name=${quoted(test.name)} classname=${quoted(file)} file=${quoted(test.position.file)} line="${test.position.line}" time="${secondsOf(elapsedMs)}"`;
  if (failures.length === 0) return `${open}/>\n`;
  const inner = failures.map((failure) => {
    const text = [failureLine(failure), ...failure.details].join('\n');
    return `      <failure message=${quoted(failure.message)}>${escaped(text)}</failure>\n`;
  });
  return `${open}>\n${inner.join('')}    </testcase>\n`;
}

function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Characters that XML 1.0 cannot hold become U+FFFD. */
function escaped(text: string): string {
  return text
    .replaceAll(/[&<>"]/g, (c) => ENTITIES[c]!)
    .replaceAll(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll(/[\t\n\r]/g, ' ')}"`;
}
