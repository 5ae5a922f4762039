import { decodeOne, decodeText, type Row } from './records.js';
import { bytesOf, type Case, failed, type Outcome, PASSED, plain, type Suite, same } from './suite.js';
import { READ_AT_MS } from './syslog.js';
import { evaluateCase, isExpression } from './vrl-expressions.js';

/** How one function's cases run: what ours gives for the input, in the function's own terms. */
type Parse = (item: Case) => unknown;

/** The whole request, which the function calls the message, is no field of ours. */
function withoutRequest(row: Row, { expected }: Case): Row {
  const { message } = (expected as { ok?: { message?: string } }).ok ?? {};
  return typeof row === 'string' || message === undefined ? row : { ...row, message };
}

/** Of syslog, structured data is one field of ours and not many, the version is none, and process ids are texts. */
function syslog(item: Case): Row {
  const row = decodeOne('syslog', bytesOf(item), {}, READ_AT_MS);
  if (typeof row === 'string') return row;
  const { structured_data: data, procid, ...fields } = row;
  const { version } = (item.expected as { ok: { version?: number } }).ok;
  return {
    ...fields,
    ...(data as object),
    ...(version !== undefined && { version }),
    ...(procid !== undefined && { procid: /^\d+$/.test(String(procid)) ? Number(procid) : procid }),
  };
}

/** `TimeZone::Named(chrono_tz::Europe::Paris)` as a name of ours. */
function timezoneOf({ tz }: Case): object {
  const name = /chrono_tz::(?:Tz::)?([\w:]+)/.exec(String(tz))?.[1];
  return name === undefined ? {} : { timezone: name.replace('::', '/') };
}

function nginx(item: Case): Row {
  const { format, ...options } = item.options!;
  return decodeOne('nginx', bytesOf(item), { ...options, ...timezoneOf(item), log: format }, READ_AT_MS);
}

function apache(item: Case): Row {
  const { format, ...options } = item.options!;
  if (format !== 'error') return withoutRequest(decodeOne(String(format), bytesOf(item), options), item);
  return decodeOne('apache_error', bytesOf(item), { ...options, ...timezoneOf(item) });
}

const FUNCTIONS: Readonly<Record<string, Parse>> = {
  parse_common_log: (item) => withoutRequest(decodeOne('common', bytesOf(item)), item),
  parse_apache_log: apache,
  parse_nginx_log: nginx,
  parse_key_value: (item) => decodeOne('key_value', bytesOf(item), item.options),
  parse_cef: (item) => decodeOne('cef', bytesOf(item), item.options),
  parse_klog: (item) => decodeOne('klog', bytesOf(item), item.options, READ_AT_MS),
  parse_glog: (item) => decodeOne('glog', bytesOf(item), item.options),
  parse_csv: (item) => {
    const columns = (item.expected as { ok: string[] }).ok.map((_, cell) => `c${cell}`);
    // A text without a line has no cells.
    const [row = {}] = decodeText('csv', bytesOf(item), { ...item.options, header: false, columns });
    return typeof row === 'string' ? row : Object.values(row);
  },
  parse_syslog: syslog,
  parse_json: (item) => decodeOne('json', bytesOf(item)),
};

/** Vector's parsers that are named like our formats. */
export const VRL_SUITE: Suite = {
  name: 'vrl_parsers',
  run: (item) => {
    const name = item.name.split('/')[0]!;
    const parse = FUNCTIONS[name] ?? (isExpression(name) ? evaluateCase : undefined);
    if (!parse) return failed(`nothing of ours does what ${name} does`);
    const { ok } = item.expected as { ok?: unknown };
    return ok === undefined ? refused(parse, item) : same(parse(item), plain(inOurDialect(ok, item)));
  },
};

/**
 * What a function gives, as ours has it: the current year is that in which the records were read, `-` is an absent field in
 * all logs of nginx, and digits that `%f` reads after a point are a fraction, where chrono takes them for nanoseconds.
 */
function inOurDialect(value: unknown, item: Case): unknown {
  if (typeof value === 'string')
    return value.replaceAll('{{year}}', String(new Date(READ_AT_MS).getUTCFullYear()));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((inner) => inOurDialect(inner, item));
  const isNginx = item.name.startsWith('parse_nginx_log');
  const isFraction = String(item.options?.timestamp_format).endsWith('.%f');
  const members = Object.entries(value)
    .filter(([, inner]) => !(isNginx && inner === '-'))
    .map(([key, inner]): [string, unknown] => [key, inOurDialect(inner, item)])
    .map(([key, inner]) => [
      key,
      isFraction && key === '$timestamp' ? String(inner).replace(/\.0*/, '.') : inner,
    ]);
  return Object.fromEntries(members);
}

/** Where Vector refuses a record for a custom field without its label, that field keeps its name. */
function keepsItsName({ options, expected }: Case): boolean {
  return (
    options?.translate_custom_fields === true && /^Custom field/.test((expected as { error: string }).error)
  );
}

/** A wrong record is refused, a wrong option throws. */
function refused(parse: Parse, item: Case): Outcome {
  try {
    const isRefused = typeof parse(item) === 'string';
    return isRefused !== keepsItsName(item) ? PASSED : failed(isRefused ? 'refused' : 'accepted');
  } catch {
    return PASSED;
  }
}
