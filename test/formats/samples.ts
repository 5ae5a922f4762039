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

const MORE: Readonly<Record<string, readonly string[]>> = {
  json: ['{"a": 1, "b": "x", "c": [1, {"d": null}]}', '"\\u00e9"', '-1.5e3'],
  logfmt: ['a=1 b=2 c', 'a="x\\ny" b= c="\\u00e9"'],
  key_value: ['a:1, b:"x \\" y", a:2, c', "'a b':'c' , d : e , f", 'a:"1"b,a'],
  ltsv: ['a:1\tb:\ta:2'],
  cef: ['CEF:0|a\\|b|"c"|d|e|f|5|a=b\\=c\\n cs1Label=A \\= b cs1=x c= d=e '],
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
