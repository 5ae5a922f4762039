import { FieldError } from '../../config/fields.js';

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '?': '?',
  '"': '"',
  "'": "'",
  '`': '`',
};
const NUMERIC = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/y;
const encoder = new TextEncoder();

/** A piece of a literal: plain text, or the number that a numeric escape stands for. */
type Piece = string | { readonly number: number; readonly isUnicode: boolean; readonly offset: number };

/**
 * What a string literal stands for. In it, `\x`, `\u`, `\U` and octal escapes are code points. Throws FieldError for an escape
 * that there is not.
 * @param offset where the content begins in the expression
 */
export function textOfLiteral(content: string, offset: number): string {
  return piecesOf(content, offset)
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      const isSurrogate = piece.number >= 0xd800 && piece.number <= 0xdfff;
      if (isSurrogate || piece.number > 0x10ffff)
        throw new FieldError('there is no such character', piece.offset);
      return String.fromCodePoint(piece.number);
    })
    .join('');
}

/** What a bytes literal stands for: the UTF-8 of its text; `\x` and octal escapes are bytes. Throws FieldError. */
export function bytesOfLiteral(content: string, offset: number, isRaw: boolean): Uint8Array {
  if (isRaw) return encoder.encode(content);
  const parts = piecesOf(content, offset).map((piece) => {
    if (typeof piece === 'string') return encoder.encode(piece);
    if (piece.isUnicode)
      throw new FieldError('bytes have no \\u: write "\\x" or the character', piece.offset);
    return Uint8Array.of(piece.number);
  });
  return new Uint8Array(Buffer.concat(parts));
}

function piecesOf(content: string, offset: number): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < content.length) {
    const backslash = content.indexOf('\\', at);
    if (backslash < 0) break;
    if (backslash > at) pieces.push(content.slice(at, backslash));
    const simple = SIMPLE[content[backslash + 1] ?? ''];
    if (simple === undefined) {
      NUMERIC.lastIndex = backslash;
      const found = NUMERIC.exec(content);
      if (!found) throw wrongEscape(content, backslash, offset);
      const [, hex, unicode, long, octal] = found;
      const digits = hex ?? unicode ?? long ?? octal!;
      const number = Number.parseInt(digits, octal === undefined ? 16 : 8);
      const isUnicode = unicode !== undefined || long !== undefined;
      pieces.push({ number, isUnicode, offset: offset + backslash });
      at = NUMERIC.lastIndex;
    } else {
      pieces.push(simple);
      at = backslash + 2;
    }
  }
  if (at < content.length) pieces.push(content.slice(at));
  return pieces;
}

function wrongEscape(content: string, at: number, offset: number): FieldError {
  const found = content.slice(at, at + 2);
  return new FieldError(
    `there is no escape "${found}" in texts; a backslash is "\\\\", and r"..." has no escapes`,
    offset + at,
  );
}
