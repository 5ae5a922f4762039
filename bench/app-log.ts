import { type Random, weighted } from './random.js';
import { canonicalJson, type MatchCounter } from './truth.js';

const LEVELS = weighted([64, 'info'], [20, 'debug'], [8, 'warn'], [8, 'error']);
const SERVICES = ['checkout', 'catalogue', 'search', 'payments', 'mailer', 'identity', 'stock'];
const METHODS = weighted([7, 'GET'], [2, 'POST'], [1, 'PATCH']);
const ROUTES = ['/products/', '/api/v2/orders/', '/baskets/', '/search/suggest/', '/accounts/'];
const STATUSES = weighted([16, 200], [2, 201], [2, 404], [1, 500], [1, 503]);
const HEX = Array.from({ length: 65536 }, (_, i) => i.toString(16).padStart(4, '0'));

/** A text as it stands in the JSON and as the value that it means; written by hand so that neither is derived. */
interface Spelled {
  readonly json: string;
  readonly value: string;
}

const spell = (json: string, value = json): Spelled => ({ json, value });

const MESSAGES = weighted(
  [10, spell('request finished in good time, order ')],
  [8, spell('cache miss for the price list, key ')],
  [6, spell('retrying the stock service, attempt ')],
  [
    4,
    spell(
      'customer wrote \\"where is my parcel?\\" on ticket ',
      'customer wrote "where is my parcel?" on ticket ',
    ),
  ],
  [2, spell('log line \\"level\\":\\"error\\" quoted in ', 'log line "level":"error" quoted in ')],
  [2, spell('path C:\\\\data\\\\import\\tline\\n', 'path C:\\data\\import\tline\n')],
  [2, spell('Müller & Söhne: Lieferung überfällig, Nr. ')],
  [1, spell('caf\\u00e9 \\ud83d\\ude80 launched \\u2013 ', 'café 🚀 launched – ')],
  [1, spell('注文を処理しました 🚚 ')],
);
const NAMES = weighted(
  [5, spell('Alice Miller')],
  [5, spell('Bob Stone')],
  [4, spell('Charlotte Weber')],
  [1, spell('Zoë Krüger')],
  [1, spell('Jos\\u00e9 Garc\\u00eda', 'José García')],
  [1, spell('Nguyễn Thị Minh')],
);
const TAGS = ['["web"]', '["web","eu"]', '["batch","night"]', '["mobile","beta"]', '[]'];

/**
 * Lines of an application's log: JSON objects of about 12 fields and 370 bytes, two of them nested, with escapes and
 * characters beyond ASCII now and then, and `error` as a level also where it is not the record's. About 8 % have the
 * level `error`; what J2 makes of these is told to `matches`.
 */
export function appLog(random: Random, matches: MatchCounter): () => string {
  let timestampMs = Date.UTC(2026, 4, 17, 8, 5, 3);
  let second = '';
  let nextSecondMs = timestampMs;
  return () => {
    timestampMs += random.below(4);
    if (timestampMs >= nextSecondMs) {
      second = new Date(timestampMs).toISOString().slice(0, 20);
      nextSecondMs = timestampMs - (timestampMs % 1000) + 1000;
    }
    const timestamp = `${second}${String(timestampMs % 1000).padStart(3, '0')}Z`;
    const level = random.pick(LEVELS);
    const service = random.pick(SERVICES);
    const traceId = makeTraceId(random);
    const message = random.pick(MESSAGES);
    const messageNumber = random.below(1_000_000);
    const request = makeRequest(random);
    const userId = random.below(10_000_000);
    const name = random.pick(NAMES);
    const durationMs = makeDuration(random);
    const retry = random.onceIn(9);
    const upstream = random.onceIn(25) ? ',"upstream":{"level":"error","service":null}' : '';
    if (level === 'error') {
      const expected: Record<string, unknown> = {
        ...{
          timestamp,
          level,
          service,
          trace_id: traceId,
          message: `${message.value}${messageNumber}`,
          request,
        },
        ...{ user: { id: userId, name: name.value }, duration_ms: Number(durationMs), retry, site: 'eu-1' },
      };
      if (upstream !== '') expected.upstream = { level: 'error', service: null };
      matches.add(canonicalJson(expected), request.bytes);
    }
    return (
      `{"timestamp":"${timestamp}","level":"${level}","service":"${service}","host":"app-${random.below(64)}",` +
      `"pid":${1000 + random.below(60_000)},"trace_id":"${traceId}","message":"${message.json}${messageNumber}",` +
      `"request":{"method":"${request.method}","path":"${request.path}","status":${request.status},` +
      `"bytes":${request.bytes}},"user":{"id":${userId},"name":"${name.json}"},"duration_ms":${durationMs},` +
      `"tags":${random.pick(TAGS)},"retry":${retry}${upstream}}\n`
    );
  };
}

function makeRequest(random: Random): { method: string; path: string; status: number; bytes: number } {
  const path = `${random.pick(ROUTES)}${random.below(1_000_000)}`;
  return { method: random.pick(METHODS), path, status: random.pick(STATUSES), bytes: random.below(200_000) };
}

/** 32 hexadecimal digits. */
function makeTraceId(random: Random): string {
  let id = '';
  for (let i = 0; i < 4; i++) {
    const bits = random.uint32();
    id += HEX[bits >>> 16]! + HEX[bits & 0xffff]!;
  }
  return id;
}

/** Milliseconds with three decimals. */
function makeDuration(random: Random): string {
  return `${random.below(3000)}.${String(random.below(1000)).padStart(3, '0')}`;
}
