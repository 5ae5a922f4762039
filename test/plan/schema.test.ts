import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { pipelineSchema, testFileSchema } from '../../src/plan/index.js';
import { filesUnder, readText } from '../house-files.js';

const GOLDEN = 'test/golden/config';
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const validate = ajv.compile(pipelineSchema(CATALOGUE));
const validateTests = ajv.compile(testFileSchema());

/** What is wrong with a pipeline's text as far as the schema knows. */
function faultsOf(text: string): string[] {
  const pipeline = parse(text, { merge: true });
  // The command lets what is not supported yet stand there empty; the schema does not offer it.
  for (const key of ['exchanges']) if (pipeline?.[key] && isEmpty(pipeline[key])) delete pipeline[key];
  if (validate(pipeline)) return [];
  return validate.errors!.map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** The pipelines in a document: blocks of YAML that have all that a pipeline must have. */
function pipelinesIn(path: string): string[] {
  const blocks = [...readText(path).matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text!);
  return blocks.filter((text) => /^sources:/m.test(text) && /^sinks:/m.test(text));
}

describe('the JSON Schema takes', () => {
  const files = [
    ...['pipelines', 'bench/jobs', 'connectors']
      .flatMap((folder) => filesUnder(folder, '.yaml'))
      // Compose files and manifests for containers.
      .filter((path) => !path.startsWith('pipelines/scale-out/')),
    ...filesUnder(GOLDEN, '.yaml').filter((path) => readText(path.replace(/yaml$/, 'errors')) === ''),
  ];

  const [tests, pipelines] = [true, false].map((isTest) =>
    files.filter((path) => path.endsWith('.test.yaml') === isTest),
  );

  it.each(pipelines!)('%s', (path) => expect(faultsOf(readText(path))).toEqual([]));

  it.each(tests!)('%s', (path) => {
    expect(validateTests(parse(readText(path))) || validateTests.errors).toBe(true);
  });

  const documents = [
    'README.md',
    ...['docs', 'connectors', 'pipelines'].flatMap((folder) => filesUnder(folder, '.md')),
  ].flatMap((path) => pipelinesIn(path).map((text, i) => [`${path} (${i + 1})`, text] as const));

  it.each(documents)('the pipeline of %s', (_, text) => expect(faultsOf(text)).toEqual([]));

  it('whole pipelines of the documents, too', () => expect(documents.length).toBeGreaterThan(3));

  it('what the environment or a file fills in', () => {
    const text = [
      'sources:',
      '  web: {type: file, paths: ["${LOGS}/a.log"], follow: "${FOLLOW}", max_line_bytes: "${file:/x}"}',
      'sinks: {out: {type: stdout, inputs: web, queue: {type: memory, max_bytes: "${BYTES:-64KiB}"}}}',
      'runtime: {workers: "${WORKERS}"}',
    ];
    expect(faultsOf(text.join('\n'))).toEqual([]);
  });
});

describe('the JSON Schema refuses', () => {
  /** Mistakes of form; of others, such as cycles and wrong expressions, only the command knows. */
  const FORM =
    /unknown key|required, but missing|found (?:a map|a list|nothing|\d+)$|expected (?:one of|true or false)/m;
  /** What is wrong here is not in the text as the schema sees it. */
  const ELSEWHERE = ['environment_secret', 'set_options', 'merge_keys'].map(
    (name) => `${GOLDEN}/${name}.errors`,
  );
  const files = filesUnder(GOLDEN, '.errors').filter(
    (path) => FORM.test(readText(path)) && !ELSEWHERE.includes(path),
  );

  it.each(files)('the form of %s', (path) => {
    expect(faultsOf(readText(path.replace(/errors$/, 'yaml')))).not.toEqual([]);
  });

  it('many mistakes', () => expect(files.length).toBeGreaterThan(20));
});
