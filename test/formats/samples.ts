import { CATALOGUE } from '../../src/cli/catalogue.js';
import type { FormatConfig, FormatDefinition } from '../../src/formats/index.js';
import { readPipeline } from '../../src/plan/index.js';

/** The checked options of a value that stands after `format:`. */
export function exampleConfig(example: string, section: 'sources' | 'sinks' = 'sources'): FormatConfig {
  const file =
    section === 'sources'
      ? `sources: {in: {type: stdin, format: ${example}}}\nsinks: {out: {type: stdout, inputs: [in]}}`
      : `sources: {in: {type: stdin}}\nsinks: {out: {type: stdout, inputs: [in], format: ${example}}}`;
  const { pipeline, problems } = readPipeline(file, 'p.yaml', { env: {}, set: [], catalogue: CATALOGUE });
  if (!pipeline) throw new Error(problems.map(({ message }) => message).join('\n'));
  const id = section === 'sources' ? 'in' : 'out';
  return pipeline.stages.find((stage) => stage.id === id)!.config.format as FormatConfig;
}

/** Records of each format that are as they should be: seeds from which tests make others. */
export function seedsOf(format: FormatDefinition): readonly string[] {
  return [...(MORE[format.name] ?? []), ...(format.decoder!.sample?.input.split('\n') ?? [])];
}

/** A format with options other than those of its example, and records for them. */
export interface Variant {
  readonly format: FormatDefinition;
  readonly config: FormatConfig;
  readonly seeds: readonly string[];
}

/** A format as its example has it, and in those further variants whose code differs. */
export function variantsOf(format: FormatDefinition): readonly Variant[] {
  const further = FURTHER[format.name] ?? [];
  return [
    { format, config: exampleConfig(format.example), seeds: seedsOf(format) },
    ...further.map(({ example, seeds }) => ({ format, config: exampleConfig(example), seeds })),
  ];
}

const ACCESS = '192.0.2.7 - bob [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326 "http://a/b" "c"';
const FURTHER: Readonly<
  Record<string, readonly { readonly example: string; readonly seeds: readonly string[] }[]>
> = {
  csv: [
    {
      example: '{type: csv, escape: "\\\\", comment: "#"}',
      seeds: ['a,b', '"a\\","b""\\\\"', 'a\\,b,', '#"'],
    },
  ],
  gelf: [
    {
      example: '{type: gelf, mode: strict}',
      seeds: ['{"version":"1.1","host":"a","short_message":"b","level":3,"_c":1,"timestamp":1.5}'],
    },
  ],
  nginx: [
    { example: 'nginx', seeds: [ACCESS, `${ACCESS} "2.75"`, ACCESS.replace('bob', '-')] },
    { example: '{type: nginx, log: main}', seeds: [`${ACCESS} "192.0.2.1, 192.0.2.2"`, `${ACCESS} "-"`] },
    {
      example: '{type: nginx, log: ingress_upstreaminfo}',
      seeds: [
        `${ACCESS} 462 0.050 [a-80] [] 192.0.2.8:80, 192.0.2.9:80 0, 7 0.001, 0.050 502, 200 7521`,
        `${ACCESS} 462 0.050 [] [b] - - - - 7521`,
      ],
    },
  ],
};

const MORE: Readonly<Record<string, readonly string[]>> = {
  json: ['{"a": 1, "b": "x", "c": [1, {"d": null}]}', '"\\u00e9"', '-1.5e3'],
  logfmt: ['a=1 b=2 c', 'a="x\\ny" b= c="\\u00e9"'],
  key_value: ['a:1, b:"x \\" y", a:2, c', "'a b':'c' , d : e , f", 'a:"1"b,a'],
  ltsv: ['a:1\tb:\ta:2'],
  cef: ['CEF:0|a\\|b|"c"|d|e|f|5|a=b\\=c\\n cs1Label=A \\= b cs1=x c= d=e '],
  gelf: ['{"short_message":"a","timestamp":"1.5"}', '{"short_message":"a","timestamp":-1e3, "x": null}'],
  cri: ['2026-05-17T10:05:03.1+02:00 stdout P:a b', '2026-05-17T10:05:03Z stderr F'],
  klog: ['I0505 17:59:40.692994   1 a.go:1] '],
  timestamp: ['2026-07-18 05:17:03,250 '],
  nginx: [
    '2022/05/30 20:56:22 [error] 1#1: *3 limiting, excess: 5.1 by zone "a", client: 192.0.2.7, request: "a", referrer: "b"',
  ],
  apache_error: [
    '[Wed Oct 11 14:32:52 2000] [error] [client 2001:db8::1] denied',
    '[11/Oct/2000:16:32:52 +0200] [a:warn] [pid 1] x: [client a] y',
    '- - - - -',
  ],
  csv: ['a,b', '"a, ""b""",c'],
  tsv: ['a\tb'],
  syslog: [
    '<13>1 2019-02-13T19:48:34+00:00 host root 8449 - [a x=""][b y="\\]\\"" z="1"] text',
    '<13>1 - - - - - -',
    '17 <34>Oct 11 22:14:15 host su: text',
    'Oct 11 2021 22:14:15 2001:db8::1 su[1]: [a b="c"] text',
    '<34>2019-02-13T19:48:34+00:00 host app text',
  ],
};
