import type { FieldKind, Shape } from '../../batch/index.js';
import { FieldError, type Finding } from '../../config/fields.js';
import type { FormatConfig, FormatDefinition } from '../format.js';
import { fieldsOf } from './columns.js';
import { GrokDecoder } from './decoder.js';
import { compilePattern, EVERYTHING, grokOptionsOf, groupsOf } from './pattern.js';

const KINDS = { text: 'text', integer: 'int', double: 'double', boolean: 'bool' } as const;

function problemsOf(config: FormatConfig): Finding[] {
  const { patterns, patternNamed } = grokOptionsOf(config);
  const own = Object.entries((config.patterns ?? {}) as Readonly<Record<string, string>>);
  const problems: Finding[] = [];
  const check = (field: string, test: () => void): void => {
    try {
      test();
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      problems.push({ field, message: error.message });
    }
  };
  for (const [name, pattern] of own) {
    check(`patterns.${name}`, () => {
      if (!/^[\w.-]+$/.test(name))
        throw new FieldError('expected a name of letters, digits, "_", "." and "-"');
      groupsOf(pattern, patternNamed);
    });
  }
  // What is wrong with a pattern of the user's own would be reported again with each pattern that it is a part of.
  if (problems.length > 0) return problems;
  const isList = Array.isArray(config.pattern);
  patterns.forEach((pattern, i) => {
    check(isList ? `pattern[${i}]` : 'pattern', () => {
      const compiled = compilePattern(pattern, patternNamed, EVERYTHING, false);
      if (compiled.groups.length === 0) {
        throw new FieldError(
          'expected a capture such as %{IP:client} or (?<status>\\d+): each becomes a field',
        );
      }
      fieldsOf(compiled);
    });
  });
  return problems;
}

function warningsOf(config: FormatConfig): Finding[] {
  const { patterns, patternNamed, timeoutMs } = grokOptionsOf(config);
  const isList = Array.isArray(config.pattern);
  return patterns.flatMap((pattern, i): Finding[] => {
    const compiled = [false, true].map((hasLines) =>
      compilePattern(pattern, patternNamed, EVERYTHING, hasLines),
    );
    const { nestedAt } = compiled[0]!;
    if (nestedAt === undefined || compiled.every(({ isLinear }) => isLinear)) return [];
    const message = `what is repeated here holds a repetition, in a pattern that needs backtracking: on some records that takes exponential time, and those that take over ${timeoutMs} ms become dead letters; do without look-around, atomic groups and references, or write the inner repetition as one that gives nothing back, such as a++`;
    return [{ field: isList ? `pattern[${i}]` : 'pattern', message, offset: nestedAt }];
  });
}

function shapeOf(config: FormatConfig): Shape {
  const { patterns, patternNamed } = grokOptionsOf(config);
  const fields = new Map<string, FieldKind>();
  for (const pattern of patterns) {
    for (const [name, tree] of fieldsOf(compilePattern(pattern, patternNamed, EVERYTHING, false))) {
      const kind = 'captures' in tree && tree.captures.length === 1 ? KINDS[tree.captures[0]!.type] : 'any';
      const other = fields.get(name);
      fields.set(name, other === undefined || other === kind ? kind : 'any');
    }
  }
  return { fields, open: false };
}

/** Records taken apart by grok patterns (https://www.elastic.co/docs/reference/logstash/plugins/plugins-filters-grok). */
export const GROK_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'grok',
  summary: 'One record a line, taken apart by patterns with names, such as %{COMBINEDAPACHELOG}.',
  fields: [
    {
      name: 'pattern',
      summary:
        'A grok pattern, found anywhere in the record, or a list of them, of which the first counts that matches. %{NAME} stands for a named pattern, %{NAME:field} and %{NAME:field:type} make a field of what it matches.',
      type: {
        kind: 'either',
        types: [{ kind: 'string' }, { kind: 'list', items: { kind: 'string' }, minItems: 1 }],
      },
      required: true,
      example: '%{IPORHOST:client} %{WORD:method} %{URIPATH:path} %{INT:status:int}',
    },
    {
      name: 'patterns',
      summary:
        'Named patterns of your own, which may refer to each other and go before those of the library.',
      type: { kind: 'map', values: { kind: 'string' } },
      example: { ORDER: '[A-Z]{2}-\\d+' },
    },
    {
      name: 'ecs',
      summary:
        'Whether the patterns of the library name their fields after the Elastic Common Schema ([source][ip]) or as they did before it (clientip).',
      type: { kind: 'boolean' },
      default: false,
    },
    {
      name: 'timeout',
      summary:
        'How long a record may take, where a pattern needs backtracking; one that takes longer twice becomes a dead letter with the code timeout.',
      type: { kind: 'duration', min: 20 },
      default: 100,
    },
  ],
  example: "{type: grok, pattern: '%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} %{GREEDYDATA:message}'}",
  decoder: {
    framing: () => 'lines',
    check: problemsOf,
    warn: warningsOf,
    mayRunAway: true,
    shape: shapeOf,
    sample: {
      input: '2024-02-29T23:59:59Z WARN disk is full',
      output: '{"time":"2024-02-29T23:59:59Z","level":"WARN","message":"disk is full"}',
    },
    create: (config) => new GrokDecoder(grokOptionsOf(config)),
  },
};
