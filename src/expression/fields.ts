import type { FieldType } from '../config/fields.js';
import { parseExpression } from './expression.js';
import { parsePathTemplate } from './path-template.js';
import { parseTemplate } from './template.js';

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
