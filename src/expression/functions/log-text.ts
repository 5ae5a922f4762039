import { createHash } from 'node:crypto';
import Bowser from 'bowser';
import { nearestName } from '../../base/names.js';
import { xxhash64 } from '../../base/xxhash.js';
import { SECRET_KINDS, type SecretKind } from '../../batch/index.js';
import { Cache } from '../cache.js';
import { parseJson } from '../json.js';
import { CelMap, Failure, isList, type Value } from '../values.js';
import { toInt } from './convert.js';
import { type FunctionDefinition, plain } from './function.js';
import { recordOf } from './record-of.js';
import { redactText } from './redact.js';

const encoder = new TextEncoder();
const agents = new Cache<CelMap>();

function jsonOfText(text: string): Value {
  try {
    JSON.parse(text);
  } catch {
    return new Failure('not a JSON value');
  }
  return parseJson(text);
}

/** The pairs of a query; a key that stands several times has a list. */
function queryOf(text: string): CelMap {
  const map = new CelMap(true);
  for (const [key, value] of new URLSearchParams(text)) {
    const known = map.get(key);
    if (known === undefined) map.set(key, value);
    else map.set(key, [...(isList(known) ? known : [known]), value]);
  }
  return map;
}

function urlOf(text: string): Value {
  if (!URL.canParse(text)) return new Failure(`no URL: "${text}"`);
  const url = new URL(text);
  return recordOf({
    scheme: url.protocol.slice(0, -1),
    username: url.username,
    password: url.password,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? null : BigInt(url.port),
    path: url.pathname,
    query: queryOf(url.search),
    fragment: url.hash === '' ? null : url.hash.slice(1),
  });
}

function agentOf(text: string): Value {
  if (text === '') return new Failure('an empty text is no user agent');
  return agents.get(text, () => {
    const { browser, os, platform, engine } = Bowser.parse(text);
    return recordOf({
      browser: recordOf({ name: browser.name ?? null, version: browser.version ?? null }),
      os: recordOf({ name: os.name ?? null, version: os.version ?? null }),
      device: recordOf({
        type: platform.type ?? null,
        vendor: platform.vendor ?? null,
        model: platform.model ?? null,
      }),
      engine: recordOf({ name: engine.name ?? null, version: engine.version ?? null }),
    });
  });
}

const PREFIXES: Readonly<Record<string, number>> = { '0x': 16, '0o': 8, '0b': 2 };

/** Digits in a base; without one, as their prefix says. */
function parseInteger(text: string, base: bigint | undefined): Value {
  if (base !== undefined && (base < 2n || base > 36n)) return new Failure('a base is between 2 and 36');
  const [, sign, prefix = '', digits] = /^([+-]?)(0[xob])?([0-9a-z]+)$/i.exec(text) ?? [];
  const prefixed = PREFIXES[prefix.toLowerCase()];
  const usesPrefix = prefixed !== undefined && (base === undefined || Number(base) === prefixed);
  const radix = usesPrefix ? prefixed : Number(base ?? 10);
  const all = (usesPrefix ? digits : prefix + digits)?.toLowerCase();
  const values = Array.from(all ?? '', (digit) => Number.parseInt(digit, 36));
  if (digits === undefined || values.some((value) => value >= radix)) return new Failure(`no int: "${text}"`);
  const size = values.reduce((sum, value) => sum * BigInt(radix) + BigInt(value), 0n);
  return toInt(sign === '-' ? -size : size);
}

function kindsOf(names: readonly Value[]): SecretKind[] | Failure {
  const wrong = names.find((name) => !SECRET_KINDS.includes(name as SecretKind));
  if (wrong === undefined) return names as SecretKind[];
  const nearest = nearestName(String(wrong), SECRET_KINDS);
  const hint = nearest === undefined ? `there are ${SECRET_KINDS.join(', ')}` : `did you mean "${nearest}"?`;
  return new Failure(`nothing to redact is called "${wrong}", ${hint}`);
}

function hexOfHash(bytes: Uint8Array): string {
  return xxhash64(bytes).toString(16).padStart(16, '0');
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Functions on texts as logs have them: Millrace's own. */
export const LOG_TEXT_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'json',
    summary: 'The value that a JSON text holds; a member that an object does not have is null.',
    example: 'json("{\\"user\\": {\\"id\\": 7}}").user.id',
    overloads: [plain(['string'], 'any', jsonOfText)],
  },
  {
    name: 'url',
    summary:
      'The parts of a URL: scheme, username, password, host, port (null where it has none, or that of its scheme), path, query (as of `query_string`) and fragment.',
    example: 'url("https://example.org:8080/search?q=mill#top")',
    overloads: [plain(['string'], 'map', urlOf)],
  },
  {
    name: 'query_string',
    summary: 'The keys and values of a query string; a key that stands several times has a list of values.',
    example: 'query_string("?q=water+mill&tag=a&tag=b")',
    overloads: [plain(['string'], 'map', queryOf)],
  },
  {
    name: 'user_agent',
    summary:
      'What a user agent says of browser and os (name, version), device (type, vendor, model) and engine (name, version); null is what it does not tell.',
    example:
      'user_agent("Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0").browser.name',
    overloads: [plain(['string'], 'map', agentOf)],
  },
  {
    name: 'parse_int',
    summary: 'The whole number that a text holds in a base from 2 to 36, or as its prefix 0x, 0o or 0b says.',
    example: 'parse_int("0xff")',
    overloads: [
      plain(['string'], 'int', (text) => parseInteger(text, undefined)),
      plain(['string', 'int'], 'int', parseInteger),
    ],
  },
  {
    name: 'redact',
    summary:
      'The text with e-mail addresses, card numbers, IP addresses and tokens replaced by `[email]`, `[card]`, `[ip]` and `[token]`, or only those of a list.',
    example: 'redact("ann@example.org paid with 4111 1111 1111 1111")',
    overloads: [
      plain(['string'], 'string', (text) => redactText(text)),
      plain(['string', 'list'], 'string', (text, names) => {
        const kinds = kindsOf(names);
        return kinds instanceof Failure ? kinds : redactText(text, kinds);
      }),
    ],
    checks: [{ argument: 1, check: (names) => (isList(names) ? kindsOf(names) : undefined) }],
  },
  {
    name: 'sha256',
    summary: 'The SHA-256 of a text or of bytes, in hexadecimal.',
    example: 'sha256("mill")',
    overloads: [plain(['string'], 'string', sha256), plain(['bytes'], 'string', sha256)],
  },
  {
    name: 'xxhash',
    summary: 'The XXH64 of a text or of bytes, in hexadecimal: a fast hash that protects nothing.',
    example: 'xxhash("mill")',
    overloads: [
      plain(['string'], 'string', (text) => hexOfHash(encoder.encode(text))),
      plain(['bytes'], 'string', hexOfHash),
    ],
  },
];
