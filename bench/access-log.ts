import { type Random, weighted } from './random.js';
import { canonicalAccess, formatClfTimestamp, type MatchCounter } from './truth.js';

const METHODS = weighted([86, 'GET'], [10, 'POST'], [2, 'PUT'], [1, 'HEAD'], [1, 'DELETE']);
const SECTIONS = [
  'products',
  'checkout',
  'api/v2/orders',
  'search',
  'blog/2026/05',
  'static/js',
  'account',
  'images/large',
];
const WORDS = [
  'harvest',
  'mill',
  'water-wheel',
  'granite',
  'flour',
  'spelt',
  'barley',
  'rye',
  'sieve',
  'hopper',
  'cafe',
];
const ENDINGS = ['', '', '', '.html', '.js', '.png', '/reviews', '/%7Efamily', '.json'];
const QUERIES = ['', '', '', '?page=', '?q=whole%20grain&sort=price&from=', '?utm_source=mail&id='];
const STATUSES = weighted([84, 200], [4, 304], [3, 301], [4, 404], [1, 206], [1, 403]);
const FAILURES = weighted([6, 500], [3, 502], [5, 503], [2, 504]);
const USERS = weighted([94, '-'], [2, 'alice'], [2, 'bob.miller'], [2, 'svc-importer']);
const REFERRERS = weighted(
  [9, '-'],
  [3, 'https://shop.example/'],
  [2, 'https://shop.example/search?q=spelt+flour'],
  [1, 'https://www.search.example/results?q=stone+ground'],
);
const AGENTS = weighted(
  [4, 'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0'],
  [
    3,
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36',
  ],
  [2, 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'],
  [2, 'Mozilla/5.0 (compatible; examplebot/2.1; +http://bot.example/about)'],
  [4, 'okhttp/5.0.0'],
  [3, 'curl/8.14.1'],
  [1, 'Warehouse \\"scanner\\" 3.2 (build 1187)'],
  [1, '-'],
);

/**
 * Lines of a web server's access log in the "combined" format of Apache httpd, about 184 bytes each, in the order
 * of their times; about 3 % have a status of 500 or more, and these are told to `matches`.
 */
export function accessLog(random: Random, matches: MatchCounter): () => string {
  let timestampMs = Date.UTC(2026, 4, 17, 8, 5, 3);
  let timestamp = formatClfTimestamp(timestampMs);
  return () => {
    if (random.onceIn(400)) {
      timestampMs += 1000;
      timestamp = formatClfTimestamp(timestampMs);
    }
    const host = makeHost(random);
    const method = random.pick(METHODS);
    const path = makePath(random);
    const failed = random.below(1000) < 30;
    const status = failed ? random.pick(FAILURES) : random.pick(STATUSES);
    const size = status === 304 || random.onceIn(500) ? undefined : makeSize(random);
    if (failed) {
      matches.add(canonicalAccess({ host, timestampMs, method, path, status, size }), size ?? 0);
    }
    const request = `${host} - ${random.pick(USERS)} [${timestamp}] "${method} ${path} HTTP/1.1"`;
    return `${request} ${status} ${size ?? '-'} "${random.pick(REFERRERS)}" "${random.pick(AGENTS)}"\n`;
  };
}

function makeHost(random: Random): string {
  const bits = random.uint32();
  if (bits % 50 === 0) return `2001:db8:${(bits >>> 16).toString(16)}::${(bits & 0xffff).toString(16)}`;
  if (bits % 50 === 1) return `crawler-${bits >>> 20}.example.net`;
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

function makePath(random: Random): string {
  const query = random.pick(QUERIES);
  const page = query === '' ? '' : random.below(1000);
  return `/${random.pick(SECTIONS)}/${random.pick(WORDS)}-${random.below(100_000)}${random.pick(ENDINGS)}${query}${page}`;
}

/** Mostly a few kilobytes, sometimes megabytes. */
function makeSize(random: Random): number {
  return random.below(random.onceIn(20) ? 5_000_000 : 40_000);
}
