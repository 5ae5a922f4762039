import type { Field } from '../config/fields.js';
import {
  EXPRESSION,
  parseExpression,
  parsePathTemplate,
  parseTemplate,
  TEMPLATE,
} from '../expression/index.js';
import {
  FORMATS,
  type FormatConfig,
  type FormatDefinition,
  formatNamed,
  MULTILINE,
  type MultilineConfig,
  multilineProblem,
} from '../formats/index.js';
import type { Config } from './described.js';
import type { EnvelopeOfRecords, EnvelopeValue, PathOfRecords } from './sink.js';

/** The fields that an expression reads. */
export function readsOf(expression: string): ReadonlySet<string> {
  return parseExpression(expression).names;
}

/** The fields that a path reads. */
export function readsOfPath({ template, time }: PathOfRecords): ReadonlySet<string> {
  const { names, isTimed } = parsePathTemplate(template);
  return isTimed ? new Set([...names, ...parseExpression(time).names]) : names;
}

/** The fields that the values of an envelope read. */
export function readsOfEnvelope({ values }: EnvelopeOfRecords): ReadonlySet<string> {
  return new Set(Object.values(values).flatMap(({ template }) => [...parseTemplate(template).names]));
}

type Options = Omit<Field, 'name' | 'summary' | 'type'>;

export function expressionField(name: string, summary: string, options: Options = {}): Field {
  return { name, summary, type: EXPRESSION, ...options };
}

export function templateField(name: string, summary: string, options: Options = {}): Field {
  return { name, summary, type: TEMPLATE, ...options };
}

/**
 * The field of sinks whose receivers can tell what comes again.
 * @param carrier what has the key, such as `The Idempotency-Key of each request`
 */
export function idempotencyKeyField(carrier: string): Field {
  const summary = `${carrier}; of a batch that of its first record, and how many it has. It is the same whenever a record is sent again.`;
  return templateField('idempotency_key', summary, { default: '{meta.id}' });
}

/** What the threads evaluate for it. */
export function idempotencyKeyOf({ idempotency_key }: Config, isBatch: boolean): EnvelopeValue {
  return { template: idempotency_key as string, ...(isBatch && { of: 'first' }) };
}

/**
 * The field `format` of a stage that decodes or encodes: one of the formats that can. It becomes a FormatConfig.
 * @param use `decoder`: of a source; `parser`: of messages and other texts that are one record each; `file_encoder`: also with formats that need a file
 */
export function formatField(use: 'decoder' | 'parser' | 'encoder' | 'file_encoder', fallback: string): Field {
  const fits = ({ decoder, encoder }: FormatDefinition): boolean => {
    if (use === 'decoder') return decoder !== undefined;
    if (use === 'parser') return decoder !== undefined && !decoder.createForPieces;
    return encoder !== undefined && (use === 'file_encoder' || !encoder.needsFile);
  };
  return {
    name: 'format',
    summary:
      use === 'decoder' || use === 'parser'
        ? 'How the fields of a record are found in its bytes.'
        : 'How a record is written.',
    type: { kind: 'variant', variants: () => FORMATS.filter(fits) },
    default: fallback,
    example: 'json',
  };
}

/** The field `multiline` of a source: which lines belong to one record. */
export const MULTILINE_FIELD: Field = {
  name: 'multiline',
  summary:
    'Which lines belong together and are one record; then the format sees the record, newlines and all.',
  type: { kind: 'variant', variants: () => MULTILINE },
  example: 'java',
};

/** What the fields `multiline` and `format` cannot tell one by one. */
export function checkMultiline({ multiline, format }: Config): { field: string; message: string }[] {
  if (multiline === undefined) return [];
  const problem = multilineProblem(multiline as MultilineConfig);
  const problems = problem === undefined ? [] : [{ field: 'multiline', message: problem }];
  const config = format as FormatConfig;
  if (formatNamed(config.type)?.decoder?.framing(config) === 'lines') return problems;
  return [
    ...problems,
    { field: 'multiline', message: `goes with formats of lines, which ${config.type} is not` },
  ];
}
