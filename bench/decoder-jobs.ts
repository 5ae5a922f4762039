import type { FormatConfig } from '../src/formats/index.js';
import { accessLog } from './access-log.js';
import { appLog } from './app-log.js';
import { Random } from './random.js';
import { MatchCounter } from './truth.js';

/** What one decoder is measured on. That of `arrow` makes its input itself. */
export interface DecoderJob {
  readonly config: FormatConfig;
  /** The next record. */
  readonly line: () => string;
  /** The fields that are decoded when some are wanted. */
  readonly wanted: readonly string[];
  readonly preamble?: string;
  /** Which lines belong together; then putting them together is measured, too. */
  readonly multiline?: { readonly type: string; readonly group?: { readonly type: string } };
}

type Line = () => string;

/** One or two jobs for each decoder. */
export function decoderJobs(): DecoderJob[] {
  const accessLine = accessLog(new Random(1), new MatchCounter());
  const access = () => accessLine().trimEnd();
  const message = () => access().split('"')[1]!;
  const appLine = appLog(new Random(1), new MatchCounter());
  const app = () => appLine().trimEnd();
  return [
    ...accessJobs(access),
    ...pairJobs(app),
    ...tableJobs(access),
    ...messageJobs(message),
    ...errorJobs(message),
    ...multilineJobs(access),
    { config: { type: 'arrow' }, line: access, wanted: ['status', 'path'] },
  ];
}

function accessJobs(access: Line): DecoderJob[] {
  /** nginx escapes quotes in another way than the access log has them. */
  const unescaped = () => access().replaceAll('\\"', '\\x22');
  const common = () => access().split('" ').slice(0, 1).concat('200 1234').join('" ');
  const pattern =
    '^(?<host>\\S+) \\S+ (?<user>\\S+) \\[(?<time>[^\\]]+)\\] "(?<request>[^"]*)" (?<status>\\d+)';
  return [
    {
      config: { type: 'combined' },
      line: access,
      wanted: ['status', 'host', 'timestamp', 'method', 'path', 'size'],
    },
    { config: { type: 'common' }, line: common, wanted: ['status', 'path'] },
    { config: { type: 'nginx', log: 'combined' }, line: unescaped, wanted: ['status', 'client'] },
    { config: { type: 'lines' }, line: access, wanted: ['message'] },
    { config: { type: 'regex', pattern }, line: access, wanted: ['status'] },
    {
      config: { type: 'grok', pattern: '%{COMBINEDAPACHELOG}', ecs: false },
      line: access,
      wanted: ['response', 'clientip', 'verb', 'request'],
    },
  ];
}

function pairJobs(app: Line): DecoderJob[] {
  const document = () => JSON.parse(app()) as Record<string, unknown>;
  const scalars = () => Object.entries(document()).filter(([, value]) => typeof value !== 'object');
  const quoted = (value: unknown) =>
    /[\s"=]/.test(String(value)) ? JSON.stringify(String(value)) : String(value);
  const pairs = () =>
    scalars()
      .map(([key, value]) => `${key}=${quoted(value)}`)
      .join(' ');
  return [
    { config: { type: 'json' }, line: app, wanted: ['level', 'status'] },
    { config: { type: 'logfmt' }, line: pairs, wanted: ['level', 'service'] },
    {
      config: {
        type: 'key_value',
        key_value_delimiter: '=',
        field_delimiter: ' ',
        whitespace: 'lenient',
        accept_standalone_key: true,
      },
      line: pairs,
      wanted: ['level', 'service'],
    },
    {
      config: { type: 'ltsv' },
      line: () =>
        scalars()
          .map(([key, value]) => `${key}:${String(value).replace(/[\t\n]/g, ' ')}`)
          .join('\t'),
      wanted: ['level', 'service'],
    },
    {
      config: { type: 'cef', strict: true, translate_custom_fields: false },
      line: () => `CEF:0|Acme|wall|2.1|100|denied|5|${pairs().replaceAll('"', '')}`,
      wanted: ['severity', 'level'],
    },
  ];
}

function tableJobs(access: Line): DecoderJob[] {
  const cell = (value: string) => (/[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const csv = () => access().split(' ').slice(0, 12).map(cell).join(',');
  const preamble = Array.from({ length: 12 }, (_, i) => `c${i}`).join(',');
  return [
    { config: { type: 'csv', delimiter: ',', header: true }, line: csv, wanted: ['c3', 'c8'], preamble },
    {
      config: { type: 'tsv', header: true },
      line: () => csv().replaceAll(',', '\t'),
      wanted: ['c3', 'c8'],
      preamble: preamble.replaceAll(',', '\t'),
    },
  ];
}

function errorJobs(message: Line): DecoderJob[] {
  return [
    {
      config: { type: 'nginx', log: 'error' },
      line: () =>
        `2026/05/17 10:05:03 [error] 31#31: *1 open() failed (2: No such file), client: 192.0.2.7, server: shop, request: "${message()}"`,
      wanted: ['severity', 'message'],
    },
    {
      config: { type: 'apache_error' },
      line: () =>
        `[Sun May 17 10:05:03.117042 2026] [core:error] [pid 35708:tid 43] [client 192.0.2.7:351] ${message()}`,
      wanted: ['severity', 'message'],
    },
  ];
}

function messageJobs(message: Line): DecoderJob[] {
  const header = '<165>1 2026-05-17T10:05:03.117Z web-1 shop 8710 ID47 [order@32473 id="17" sum="9.50"]';
  return [
    { config: { type: 'syslog' }, line: () => `${header} ${message()}`, wanted: ['severity', 'message'] },
    {
      config: { type: 'syslog', standard: 'rfc3164' },
      line: () => `<38>May 17 10:05:03 web-1 shop[8710]: ${message()}`,
      wanted: ['appname', 'message'],
    },
    {
      config: { type: 'klog' },
      line: () => `W0517 10:05:03.117042   28133 reflector.go:324] ${message()}`,
      wanted: ['level', 'message'],
    },
    {
      config: { type: 'glog' },
      line: () => `W20260517 10:05:03.117042 28133 main.cc:324] ${message()}`,
      wanted: ['level', 'message'],
    },
    {
      config: { type: 'cri' },
      line: () => `2026-05-17T10:05:03.117042331Z stdout F ${message()}`,
      wanted: ['stream', 'message'],
    },
    {
      config: { type: 'gelf', mode: 'best_effort' },
      line: () =>
        JSON.stringify({
          version: '1.1',
          host: 'web-1',
          short_message: message(),
          timestamp: 1_784_344_623.117,
          level: 3,
          _disk: 'sda1',
        }),
      wanted: ['level', 'short_message'],
    },
    {
      config: { type: 'timestamp', formats: ['%Y-%m-%d %H:%M:%S,%L'], field: 'timestamp' },
      line: () => '2026-05-17 10:05:03,117',
      wanted: ['timestamp'],
    },
  ];
}

const TRACE = [
  'java.lang.IllegalStateException: no cart',
  ...Array.from({ length: 20 }, (_, i) => `\tat com.example.shop.cart.Carts.open(Carts.java:${i})`),
];

/** Of the log's lines, every twentieth is a trace. */
function multilineJobs(access: Line): DecoderJob[] {
  let lines: string[] = [];
  const line = () => {
    if (lines.length === 0) lines = [...Array.from({ length: 20 }, access), ...TRACE];
    return lines.shift()!;
  };
  const cri = () => `2026-05-17T10:05:03.117042331Z stdout F ${line()}`;
  const docker = () =>
    JSON.stringify({ log: `${line()}\n`, stream: 'stdout', time: '2026-05-17T10:05:03.117042331Z' });
  const group = { type: 'java' };
  return [
    { config: { type: 'lines' }, multiline: group, line, wanted: ['message'] },
    { config: { type: 'cri' }, multiline: { type: 'cri' }, line: cri, wanted: ['stream', 'message'] },
    { config: { type: 'cri' }, multiline: { type: 'cri', group }, line: cri, wanted: ['stream', 'message'] },
    {
      config: { type: 'json' },
      multiline: { type: 'docker', group },
      line: docker,
      wanted: ['stream', 'log'],
    },
  ];
}
