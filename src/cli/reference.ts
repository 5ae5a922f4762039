import type { Command } from 'commander';
import type { Field } from '../config/index.js';
import { EXAMPLE_RECORD, type FunctionDocumentation, functionChapters } from '../expression/index.js';
import {
  grokLibrary,
  type LibraryPattern,
  MULTILINE,
  MULTILINE_LIMITS,
  type MultilineKind,
} from '../formats/index.js';
import { commonFields, TOP_LEVEL } from '../plan/index.js';
import { CATALOGUE } from './catalogue.js';
import { fieldRows } from './field-text.js';
import type { Io } from './io.js';
import { type Component, components, exampleOf } from './list.js';
import { createProgram } from './program.js';

const NOTE =
  '<!-- Written by `npm run docs` from the definitions in the code: change those, not this page. -->';

/** The pages of docs/reference by file name. */
export function referencePages(): ReadonlyMap<string, string> {
  const all = components();
  const of = (kind: Component['kind']) => all.filter((component) => component.kind === kind);
  return new Map([
    ['README.md', indexPage(all)],
    ['pipeline.md', pipelinePage()],
    ['sources.md', componentsPage('Sources', 'source', of('source'))],
    ['transforms.md', componentsPage('Transforms', 'transform', of('transform'))],
    ['exchanges.md', componentsPage('Exchanges', 'exchange', of('exchange'))],
    ['sinks.md', componentsPage('Sinks', 'sink', of('sink'))],
    ['functions.md', functionsPage()],
    ['queues.md', componentsPage('Durable queues', 'queue', of('queue'))],
    ['multiline.md', multilinePage()],
    ['formats.md', componentsPage('Formats', 'format', of('format'))],
    ['grok-patterns.md', grokPage()],
    ['command-line.md', commandsPage()],
  ]);
}

function indexPage(all: readonly Component[]): string {
  const sections = (['source', 'transform', 'exchange', 'sink', 'queue', 'format'] as const).map((kind) => {
    const rows = all.filter((component) => component.kind === kind);
    const entries = rows.map(({ name, summary }) => `- [\`${name}\`](${kind}s.md#${name}): ${summary}`);
    return `## ${capital(kind)}s\n\n${entries.join('\n')}`;
  });
  return page('Reference', [
    'Everything that a pipeline file can hold, and every command. The same text is in `millrace list NAME` and `millrace --help`.',
    '- [Keys of a pipeline file](pipeline.md)\n- [Functions of expressions](functions.md)\n- [The command line](command-line.md)\n- [Patterns of grok](grok-patterns.md)\n- [Lines that belong together](multiline.md)',
    ...sections,
  ]);
}

function pipelinePage(): string {
  return page('Keys of a pipeline file', [
    'How they work together is explained in [the pipeline file](../pipeline-file.md).',
    '## At the top',
    fieldTable(TOP_LEVEL),
    '## In every source',
    `\`type\`, the options of that type ([sources](sources.md)), and:\n\n${fieldTable(commonFields('source', CATALOGUE))}`,
    '## In every transform, exchange and sink',
    `\`type\`, the options of that type ([transforms](transforms.md), [exchanges](exchanges.md), [sinks](sinks.md)), and:\n\n${fieldTable(commonFields('sink', CATALOGUE))}`,
  ]);
}

function functionsPage(): string {
  const chapters = functionChapters().flatMap(({ title, summary, functions }) => [
    `## ${title}`,
    summary,
    ...functions.map(functionSection),
  ]);
  return page('Functions of expressions', [
    'What an expression is, and where it differs from CEL, is explained in [the pipeline file](../pipeline-file.md#expressions-and-templates). `millrace eval` tries one out.',
    `The examples are about this record, and what they give stands after the arrow:\n\n\`\`\`json\n${EXAMPLE_RECORD}\n\`\`\``,
    ...chapters,
  ]);
}

function functionSection({ name, usages, summary, example, result }: FunctionDocumentation): string {
  const shown = result === undefined ? example : `${example}   // → ${result}`;
  return `### ${name}\n\n${usages.map(code).join(' · ')}\n\n${summary}\n\n\`\`\`cel\n${shown}\n\`\`\``;
}

function componentsPage(title: string, kind: Component['kind'], all: readonly Component[]): string {
  return page(title, [introduction(kind), ...all.map(componentSection)]);
}

function introduction(kind: Component['kind']): string {
  if (kind === 'format')
    return 'A format without options is a bare word, `format: json`; with options it is a map with `type`.';
  if (kind === 'queue')
    return 'The `queue` of a stage that outlives the run. Without options it is a bare word, `queue: disk`; with options it is a map with `type`. The queue in memory is described in [keys of a pipeline file](pipeline.md).';
  const lines = kind === 'source' ? ' So is [`multiline`](multiline.md).' : '';
  return `Options that every ${kind} has are in [keys of a pipeline file](pipeline.md). Formats are [described here](formats.md).${lines}`;
}

function componentSection(component: Component): string {
  const { name, summary, directions, fields, sample } = component;
  const able = directions ? `\n\n${capital(directions)}.` : '';
  const options = fields.length === 0 ? 'No options.' : fieldTable(fields);
  const files = Object.entries(sample?.files ?? {}).map(
    ([path, text]) => `\n\nWith \`${path}\`\n\n${fenced('text', text)}`,
  );
  const shown = sample ? `${files.join('')}\n\n${becomes(sample)}` : '';
  return `## ${name}\n\n${summary}${able}\n\n${options}\n\n${fenced('yaml', exampleOf(component))}${shown}`;
}

function multilinePage(): string {
  return page('Lines that belong together', [
    'With the option `multiline` of a source, lines that belong together are one record before any format sees them. The position of a record is that of its first line, and a run that is killed goes on at the beginning of a record.',
    'Where nothing but lines behind a record tells that it is whole, the next line is waited for; where a file is followed or a pipe is read, no longer than `flush_after`.',
    `All have these options:\n\n${fieldTable(MULTILINE_LIMITS)}`,
    ...MULTILINE.map(multilineSection),
  ]);
}

function multilineSection({ name, summary, fields, example, format, sample }: MultilineKind): string {
  const own = fields.filter((field) => !MULTILINE_LIMITS.includes(field));
  const options = own.length === 0 ? '' : `\n\n${fieldTable(own)}`;
  const yaml = `multiline: ${example}\nformat: ${format}`;
  return `## ${name}\n\n${summary}${options}\n\n${fenced('yaml', yaml)}\n\n${becomes(sample)}`;
}

function becomes({ input, output }: { readonly input: string; readonly output: string }): string {
  return `${fenced('text', input)}\n\nbecomes\n\n${fenced('json', output)}`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function grokPage(): string {
  const sections = Array.from(grokLibrary(), ([subject, patterns]) => {
    const rows = patterns.map(
      ({ name, fields, ecsFields }) => `| \`${name}\` | ${fieldNames(fields)} | ${fieldNames(ecsFields)} |`,
    );
    const table = ['| pattern | fields | with `ecs: true` |', '|---|---|---|', ...rows].join('\n');
    const basic = patterns.filter(({ fields }) => fields.length === 0).map(patternLine);
    return `## ${capital(subject)}\n\n${table}\n\nPatterns without fields:\n\n\`\`\`text\n${basic.join('\n')}\n\`\`\``;
  });
  return page('Patterns of grok', [
    'The patterns that the format [`grok`](formats.md#grok) knows; [how it works](../grok.md) is explained elsewhere.',
    ...sections,
  ]);
}

const patternLine = ({ name, text }: LibraryPattern): string => `${name} ${text}`;

const fieldNames = (names: readonly string[]): string => names.map((name) => code(name)).join(' ');

/** What is described on a page of its own. */
const ELSEWHERE = /^(?:multiline|group)[.:]/;

function fieldTable(fields: readonly Field[]): string {
  const shown = fieldRows(fields).filter(({ path }) => !ELSEWHERE.test(path));
  const rows = shown.map(({ path, type, fallback, summary, example }) => {
    const shownDefault = fallback === '' || fallback === 'required' ? fallback : code(fallback);
    const shownExample = example === '' ? '' : ` Example: ${code(example)}.`;
    return `| ${code(path)} | ${escapeCell(type)} | ${shownDefault} | ${escapeCell(summary)}${shownExample} |`;
  });
  return ['| key | value | default | |', '|---|---|---|---|', ...rows].join('\n');
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function page(title: string, parts: readonly string[]): string {
  return `${[`# ${title}`, NOTE, ...parts].join('\n\n')}\n`;
}

const HELP_COLUMNS = 100;
const NOWHERE = { isTerminal: false, columns: HELP_COLUMNS, write: () => {}, writeBytes: async () => {} };
const UNUSED: Io = {
  out: NOWHERE,
  err: NOWHERE,
  env: {},
  exit: () => {
    throw new Error('nothing is run for its help');
  },
  onSignal: () => () => {},
};

function commandsPage(): string {
  const program = createProgram(UNUSED, () => {});
  const sections = program.commands.flatMap((command) => [
    `## millrace ${command.name()}\n\n${helpOf(command)}`,
    ...command.commands.map((part) => `### millrace ${command.name()} ${part.name()}\n\n${helpOf(part)}`),
  ]);
  return page('The command line', [
    helpOf(program),
    'What signals and exit codes mean is explained in [operations](../operations.md).',
    ...sections,
  ]);
}

function helpOf(command: Command): string {
  command.configureHelp({ helpWidth: HELP_COLUMNS });
  return `\`\`\`text\n${command.helpInformation().trimEnd()}\n\`\`\``;
}
