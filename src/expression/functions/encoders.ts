import { Failure, type Value } from '../values.js';
import { type FunctionDefinition, plain } from './function.js';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

function decodeBase64(text: string): Value {
  if (!BASE64.test(text)) return new Failure(`no base64: "${text}"`);
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** CEL's encoders extension. */
export const ENCODER_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'base64.encode',
    summary: 'Bytes as text in base64.',
    example: 'base64.encode(b"hello")',
    overloads: [plain(['bytes'], 'string', (bytes) => Buffer.from(bytes).toString('base64'))],
  },
  {
    name: 'base64.decode',
    summary: 'The bytes of a text in base64; the padding at its end may be missing.',
    example: 'string(base64.decode("aGVsbG8="))',
    overloads: [plain(['string'], 'bytes', decodeBase64)],
  },
];
