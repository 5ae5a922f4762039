export { type Condition, compileCondition, type Verdict } from './condition.js';
export {
  EXAMPLE_RECORD,
  type FunctionChapter,
  type FunctionDocumentation,
  functionChapters,
} from './documentation.js';
export { type Expression, parseExpression } from './expression.js';
export { EXPRESSION, PATH_TEMPLATE, TEMPLATE } from './fields.js';
export { jsonOfRow } from './json-rows.js';
export { writeAsText } from './kernels/write-text.js';
export {
  compilePathTemplate,
  type PathProgram,
  type PathTemplate,
  parsePathTemplate,
} from './path-template.js';
export { compileExpression, type Program, type Selection } from './program.js';
export {
  compileTemplate,
  compileTextTemplate,
  compileValueTemplate,
  parseTemplate,
  type Template,
  type TextPart,
  templateParts,
} from './template.js';
