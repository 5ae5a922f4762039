import { FUNCTION_FAMILIES, type FunctionDefinition, signatureOf } from './functions/index.js';
import { compileRow } from './interpreter.js';
import { formatJson, parseJson } from './json.js';
import { LOG_MACROS, MACROS, type MacroDefinition } from './macros/index.js';
import { parseTree } from './parse.js';
import type { RecordScope } from './row-function.js';
import { CelMap, Failure, Timestamp } from './values.js';

/** A function as the documentation shows it. */
export interface FunctionDocumentation {
  readonly name: string;
  /** How it may be called: `text.split(string, int)`. */
  readonly usages: readonly string[];
  readonly summary: string;
  readonly example: string;
  /** What the example gives, as JSON; undefined when it needs something that not everybody has. */
  readonly result: string | undefined;
}

export interface FunctionChapter {
  readonly title: string;
  readonly summary: string;
  readonly functions: readonly FunctionDocumentation[];
}

/** The record that the examples are about, as JSON. */
export const EXAMPLE_RECORD =
  '{"time":"2024-05-01T12:30:00.25Z","level":"Error","host":"web-1.example.org","method":"get","path":"/api/users/42","status":503,"size":1536,"took":0.25,"message":"  payment of ann@example.org failed  ","agent":"curl/8.5.0","tags":["new","vip"],"user":{"id":42,"name":"Ann"}}';

const EXAMPLE_TIME = new Timestamp(1_714_566_600_000_000_000n);

/** All functions and macros, by what they are about, their examples evaluated. */
export function functionChapters(): readonly FunctionChapter[] {
  const families = FUNCTION_FAMILIES.map(({ title, summary, functions }) => ({
    title,
    summary,
    functions: [...functions.map(ofFunction), ...(title === 'Logs' ? LOG_MACROS.map(ofMacro) : [])].sort(
      byName,
    ),
  }));
  const macros = {
    title: 'Macros',
    summary:
      'They look like functions, but take names of variables, or evaluate an argument only where it is needed.',
    functions: MACROS.filter((macro) => !LOG_MACROS.includes(macro))
      .map(ofMacro)
      .sort(byName),
  };
  return [...families, macros];
}

function byName(a: FunctionDocumentation, b: FunctionDocumentation): number {
  return a.name.localeCompare(b.name, 'en');
}

function ofFunction({ name, summary, example, needs, overloads }: FunctionDefinition): FunctionDocumentation {
  const usages = overloads.map((overload) => `${signatureOf(name, overload)} → ${overload.result}`);
  return {
    name,
    usages: [...new Set(usages)],
    summary,
    example,
    result: needs === undefined ? resultOf(example) : undefined,
  };
}

function ofMacro({ name, usage, summary, example }: MacroDefinition): FunctionDocumentation {
  return { name, usages: usage.split(' or '), summary, example, result: resultOf(example) };
}

/** Evaluates an example. Throws when it fails: a documentation that is wrong is not written. */
function resultOf(example: string): string {
  const record = parseJson(EXAMPLE_RECORD);
  const scope: RecordScope = {
    field: (name) => (record instanceof CelMap ? record.get(name) : undefined),
    meta: (name) => (name === 'timestamp' ? EXAMPLE_TIME : null),
    locals: [],
  };
  const value = compileRow(parseTree(example).root)(scope);
  if (value instanceof Failure) throw new Error(`the example ${example} fails: ${value.message}`);
  return formatJson(value);
}
