import { Random, weighted } from '#component';
import type { Lines, LinesState } from './lines.js';

const METHODS = weighted([90, 'GET'], [7, 'POST'], [1, 'PUT'], [1, 'HEAD'], [1, 'DELETE']);
const STATUSES = weighted(
  [860, 200],
  [40, 304],
  [30, 301],
  [40, 404],
  [6, 403],
  [4, 401],
  [14, 500],
  [3, 502],
  [3, 503],
);
const REFERRERS = weighted(
  [10, '-'],
  [4, 'https://shop.example/'],
  [2, 'https://shop.example/catalogue'],
  [1, 'https://search.example/?q=oak+table'],
);
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
  'Mozilla/5.0 (compatible; indexbot/2.1; +https://search.example/bot)',
  'curl/8.8.0',
  'kube-probe/1.30',
];
const ROOTS = [
  '/',
  '/catalogue',
  '/catalogue/tables',
  '/cart',
  '/checkout',
  '/search?q=',
  '/api/v1/products/',
  '/api/v1/orders/',
  '/assets/app.',
  '/images/',
  '/account',
  '/login',
];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const HOSTS = 1500;
const PATHS = 800;

/** The longest line that `accessLog` makes. */
export const ACCESS_LINE_BYTES = 512;

/**
 * Lines as Apache httpd and nginx write them in their "combined" format, about 200 bytes each. Few hosts, paths and
 * agents make up most of the traffic; two in a hundred requests fail with a status of 500 or more.
 */
export function accessLog(seed: number, startMs: number, from?: LinesState): Lines {
  const made = new Random(seed);
  const hosts = Array.from(
    { length: HOSTS },
    () => `${1 + made.below(222)}.${made.below(256)}.${made.below(256)}.${made.below(256)} - - [`,
  );
  const requests = Array.from({ length: PATHS }, () => requestLine(made));
  const random = new Random(from?.random ?? made.state);
  let nowMs = from?.nowMs ?? startMs;
  let second = Number.NaN;
  let timestamp = '';
  const next = (): string => {
    nowMs += random.below(40);
    const nowSecond = Math.floor(nowMs / 1000);
    if (nowSecond !== second) {
      second = nowSecond;
      timestamp = clfTimestamp(nowMs);
    }
    const status = random.pick(STATUSES);
    const size = status === 304 ? 0 : status >= 400 ? 120 + random.below(400) : 200 + random.below(60_000);
    const request = `${random.pickSkewed(hosts)}${timestamp}${random.pickSkewed(requests)}${status} ${size}`;
    return `${request} "${random.pick(REFERRERS)}" "${random.pickSkewed(AGENTS)}"\n`;
  };
  return { next, state: () => ({ random: random.state, nowMs }) };
}

function requestLine(random: Random): string {
  const root = random.pickSkewed(ROOTS);
  const rest = /[=/.]$/.test(root) && root !== '/' ? random.below(100_000).toString(36) : '';
  return `] "${random.pick(METHODS)} ${root}${rest} HTTP/${random.below(4) === 0 ? '2.0' : '1.1'}" `;
}

/** `10/Oct/2000:13:55:36 +0000`, as in the Common Log Format. */
function clfTimestamp(timeMs: number): string {
  const iso = new Date(timeMs).toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
