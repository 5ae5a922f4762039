import { Random, weighted } from '#component';
import type { Lines, LinesState } from './lines.js';

const SERVICES = ['checkout', 'catalogue', 'payments', 'search', 'accounts', 'mailer'];
const REGIONS = ['eu-central', 'eu-west', 'us-east'];
const METHODS = weighted([6, 'GET'], [3, 'POST'], [1, 'PUT']);
const ROUTES = ['/api/v1/products/{id}', '/api/v1/orders', '/api/v1/orders/{id}', '/api/v1/cart', '/healthz'];
const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  debug: ['cache lookup', 'query planned in the replica', 'retry budget refilled'],
  info: ['request served', 'order accepted', 'session opened', 'stock level read from the warehouse'],
  warn: ['slow query', 'upstream answered late, served the "stale" copy'],
  error: [
    'upstream timed out',
    'payment refused by the provider',
    'cannot reach the database: connection reset',
  ],
};
const LEVELS = weighted([60, 'info'], [20, 'debug'], [12, 'warn'], [8, 'error']).map((level) => ({
  level,
  messages: MESSAGES[level]!.map((text) => `"level":"${level}","message":${JSON.stringify(text)},`),
}));
const MILLISECONDS = Array.from({ length: 1000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z",`);
/** Records are put together of parts that are made once. */
const SERVICE_FRAGMENTS = 200;
const ID_FRAGMENTS = 4096;
const HTTP_FRAGMENTS = 2000;
const USER_FRAGMENTS = 5000;

/** The longest line that `appLog` makes. */
export const APP_LINE_BYTES = 640;

/**
 * The log of a web application: JSON documents of twelve fields, two of them nested, 300 to 400 bytes each. Eight in
 * a hundred have the level "error".
 */
export function appLog(seed: number, startMs: number, from?: LinesState): Lines {
  const made = new Random(seed);
  const fragments = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  const services = fragments(SERVICE_FRAGMENTS, () => serviceOf(made));
  const ids = fragments(ID_FRAGMENTS, () => hex(made));
  const successes = fragments(HTTP_FRAGMENTS, () => httpOf(made, 200));
  const failures = fragments(HTTP_FRAGMENTS, () => httpOf(made, 500 + made.below(4)));
  const users = fragments(USER_FRAGMENTS, () => userOf(made));
  const random = new Random(from?.random ?? made.state);
  let nowMs = from?.nowMs ?? startMs;
  let second = Number.NaN;
  let timestamp = '';
  const next = (): string => {
    nowMs += random.below(10);
    const nowSecond = Math.floor(nowMs / 1000);
    if (nowSecond !== second) {
      second = nowSecond;
      timestamp = `{"timestamp":"${new Date(nowMs).toISOString().slice(0, 20)}`;
    }
    const { level, messages } = random.pick(LEVELS);
    const http = random.pick(level === 'error' ? failures : successes);
    const event = `${timestamp}${MILLISECONDS[nowMs - second * 1000]}${random.pick(messages)}`;
    const trace = `"trace_id":"${random.pick(ids)}${random.pick(ids)}","span_id":"${random.pick(ids)}`;
    return `${event}${random.pickSkewed(services)}${trace}${http}${random.pickSkewed(users)}`;
  };
  return { next, state: () => ({ random: random.state, nowMs }) };
}

function serviceOf(random: Random): string {
  const service = random.pickSkewed(SERVICES);
  const host = `${service.slice(0, 4)}-${100 + random.below(40)}.shop.example`;
  return `"service":"${service}","region":"${random.pick(REGIONS)}","host":"${host}",`;
}

function httpOf(random: Random, status: number): string {
  const request = `"method":"${random.pick(METHODS)}","route":"${random.pickSkewed(ROUTES)}"`;
  const durationMs = `${random.below(900)}.${100 + random.below(900)}`;
  return `","duration_ms":${durationMs},"http":{${request},"status":${status},"bytes":${random.below(90_000)}},`;
}

function userOf(random: Random): string {
  const plan = random.below(5) === 0 ? 'business' : 'free';
  return `"user":{"id":${100_000 + random.below(900_000)},"plan":"${plan}"},"attempt":${1 + random.below(3)}}\n`;
}

function hex(random: Random): string {
  return random.uint32().toString(16).padStart(8, '0');
}
