import type { Field, FieldType } from '../config/fields.js';
import { parseExpression, parsePathTemplate, parseTemplate } from '../expression/index.js';
import { FORMATS } from '../formats/index.js';
import type { PathOfRecords } from './definition.js';

/** A CEL expression. The component gets its text, which it parses again where it runs: configurations are plain data. */
export const EXPRESSION: FieldType = {
  kind: 'string',
  format: 'expression',
  parse: (text) => parseExpression(text).text,
};

/** Text with `{expression}` parts. The component gets its text. */
export const TEMPLATE: FieldType = {
  kind: 'string',
  format: 'template',
  parse: (text) => parseTemplate(text).text,
};

/** A path with `{expression}` and strftime parts. The component gets its text. */
export const PATH_TEMPLATE: FieldType = {
  kind: 'string',
  format: 'path_template',
  parse: (text) => {
    parsePathTemplate(text);
    return text;
  },
};

/** The fields that a path reads. */
export function readsOfPath({ template, time }: PathOfRecords): ReadonlySet<string> {
  const { names, isTimed } = parsePathTemplate(template);
  return isTimed ? new Set([...names, ...parseExpression(time).names]) : names;
}

type Options = Omit<Field, 'name' | 'summary' | 'type'>;

export function expressionField(name: string, summary: string, options: Options = {}): Field {
  return { name, summary, type: EXPRESSION, ...options };
}

export function templateField(name: string, summary: string, options: Options = {}): Field {
  return { name, summary, type: TEMPLATE, ...options };
}

/** The field `format` of a stage that decodes or encodes: one of the formats that can. It becomes a FormatConfig. */
export function formatField(use: 'decoder' | 'encoder', fallback: string): Field {
  return {
    name: 'format',
    summary:
      use === 'decoder' ? 'How the fields of a record are found in its bytes.' : 'How a record is written.',
    type: { kind: 'variant', variants: () => FORMATS.filter((format) => format[use] !== undefined) },
    default: fallback,
    example: 'json',
  };
}
