import type { IncomingMessage } from 'node:http';
import { MillraceError } from '../base/errors.js';

const MOST_BYTES = 256 * 1024;

/**
 * What a request's body asks for, a JSON object with the members of a query: texts, or lists of them. Throws MillraceError
 * `wrong_query`.
 */
export async function readQuery(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw wrong(`expected at most ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return queryIn(objectIn(Buffer.concat(parts).toString()));
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {}
  throw wrong('expected a JSON object');
}

function queryIn(object: object): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(object) as [string, unknown][])
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === 'object') throw wrong(`${name}: expected a text, or a list of texts`);
      query.append(name, String(one));
    }
  return query;
}

function wrong(message: string): MillraceError {
  return new MillraceError('wrong_query', message, { blame: 'config' });
}
