import { type ASTNode, ParseError, parse } from '@marcbachmann/cel-js';
import { FieldError } from '../config/fields.js';

/** The syntax tree of a text that is not empty. Throws FieldError. */
export function parseSyntax(text: string): ASTNode {
  try {
    return parse(text).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw syntaxError(text, error);
  }
}

/** The parser's error in our words. */
function syntaxError(text: string, error: ParseError): FieldError {
  const start = error.range?.start ?? 0;
  const found = text.slice(start, error.range?.end ?? start);
  switch (error.code) {
    case 'unexpected_character':
    case 'unexpected_token':
    case 'expected_token': {
      if (found === '=') return new FieldError('found "=", a comparison is "=="', start, '==');
      const word = /^\w*/.exec(text.slice(start))?.[0] || found;
      return new FieldError(
        word === '' ? 'the expression ends too early' : `did not expect "${word}" here`,
        start,
      );
    }
    case 'unterminated_string':
    case 'unterminated_triple_quoted_string':
      return new FieldError('this string has no closing quote', start);
    case 'reserved_identifier':
      return new FieldError(`"${found}" is a reserved word of CEL and cannot be a name`, start);
    case 'invalid_macro_argument':
      return new FieldError('expected the name of a variable, as in tags.exists(tag, tag == "new")', start);
    default:
      return new FieldError(error.summary.charAt(0).toLowerCase() + error.summary.slice(1), start);
  }
}
