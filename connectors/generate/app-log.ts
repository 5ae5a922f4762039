import { Random, weighted } from './random.js';

const LEVELS = weighted([60, 'info'], [20, 'debug'], [12, 'warn'], [8, 'error']);
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
const HOSTS = 40;
const USERS = 5000;

/** The longest line that `appLog` makes. */
export const APP_LINE_BYTES = 640;

/**
 * The log of a web application: JSON documents of twelve fields, two of them nested, 300 to 400 bytes each. Eight in
 * a hundred have the level "error".
 */
export function appLog(seed: number, startMs: number): () => string {
  const random = new Random(seed);
  const hosts = Array.from(
    { length: HOSTS },
    (_, i) => `"host":"${random.pick(SERVICES).slice(0, 4)}-${100 + i}.shop.example"`,
  );
  let nowMs = startMs;
  let timestamp = '';
  let timestampMs = Number.NaN;
  return () => {
    nowMs += random.below(10);
    if (nowMs !== timestampMs) {
      timestampMs = nowMs;
      timestamp = new Date(nowMs).toISOString();
    }
    const level = random.pick(LEVELS);
    const service = `"service":"${random.pickSkewed(SERVICES)}","region":"${random.pick(REGIONS)}",${random.pickSkewed(hosts)}`;
    const message = JSON_TEXTS.get(random.pick(MESSAGES[level]!))!;
    const status = level === 'error' ? 500 + random.below(4) : 200;
    const http = `{"method":"${random.pick(METHODS)}","route":"${random.pickSkewed(ROUTES)}","status":${status},"bytes":${random.below(90_000)}}`;
    const user = `{"id":${100_000 + random.below(USERS)},"plan":"${random.below(5) === 0 ? 'business' : 'free'}"}`;
    const ids = `"trace_id":"${hex(random)}${hex(random)}","span_id":"${hex(random)}"`;
    const duration = `${random.below(900)}.${100 + random.below(900)}`;
    return `{"timestamp":"${timestamp}","level":"${level}","message":${message},${service},${ids},"duration_ms":${duration},"http":${http},"user":${user},"attempt":${1 + random.below(3)}}\n`;
  };
}

const JSON_TEXTS = new Map(
  Object.values(MESSAGES)
    .flat()
    .map((text) => [text, JSON.stringify(text)]),
);

function hex(random: Random): string {
  return random.uint32().toString(16).padStart(8, '0');
}
