import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/config/index.js';
import { defaultName, pipelineSchema, readPipeline } from '../../src/plan/pipeline.js';
import { runs } from '../support/property.js';
import { FAKE } from './fake-catalogue.js';

const PIPELINE = `
sources:
  web:
    type: file
    paths: ["\${LOGS:-logs}/a.log"]
    format: {type: csv}
transforms:
  errors:
    type: filter
    inputs: web
    where: status >= 500
    queue: {type: memory, when_full: drop_oldest}
    on_error: drop
  shaped:
    type: map
    inputs: [errors]
    add: {n: 5, site: "{host}/x"}
    any: {a: [1, {b: null}], __proto__: 1}
sinks:
  out: {type: stdout, inputs: [shaped, web], queue: {type: memory, max_bytes: 64KiB}}
runtime: {workers: 2, batch: {linger: 5ms}}
`;

function read(text: string, options: { env?: Record<string, string>; set?: string[]; file?: string } = {}) {
  const { env = {}, set = [], file = 'shop/pipeline.yaml' } = options;
  const { pipeline, problems } = readPipeline(text, file, { env, set, catalogue: FAKE });
  return { pipeline, problems: problems.map(formatProblem) };
}

describe('a pipeline', () => {
  it('becomes plain checked values with defaults', () => {
    const { pipeline, problems } = read(PIPELINE);
    expect(problems).toEqual([]);
    expect(pipeline).toMatchObject({
      name: 'shop',
      runtime: {
        workers: 2,
        memoryBytes: 256 * 2 ** 20,
        checkpointMs: 1000,
        tripTimeoutMs: 10_000,
        state: '.millrace',
        batch: { maxBytes: 2 * 2 ** 20, maxRecords: 65536, lingerMs: 5 },
      },
      deadLetter: { maxBytes: 2 ** 30 },
      secrets: new Map(),
    });
    const [web, errors, shaped, out] = pipeline!.stages;
    expect(web).toMatchObject({
      id: 'web',
      kind: 'source',
      type: 'file',
      inputs: [],
      onError: { action: 'dead_letter' },
    });
    expect(web!.config).toEqual({
      paths: ['logs/a.log'],
      format: { type: 'csv', delimiter: ',' },
      follow: false,
      max_line_bytes: 2 ** 20,
      poll: 250,
      start: 'beginning',
    });
    expect(web!.position).toEqual({ line: 3, column: 3 });
    expect(errors).toMatchObject({
      inputs: ['web'],
      queue: { type: 'memory', whenFull: 'drop_oldest' },
      onError: { action: 'drop' },
      config: { where: 'status >= 500' },
    });
    expect(shaped!.config.add).toEqual({ n: 5, site: '{host}/x' });
    expect(Object.keys(shaped!.config.any as object)).toEqual(['a', '__proto__']);
    expect(out).toMatchObject({
      queue: { maxBytes: 65536, whenFull: 'block' },
      config: { format: { type: 'lines' } },
    });
    expect(shaped).not.toHaveProperty('queue');
    for (const stage of pipeline!.stages) expect(structuredClone(stage.config)).toEqual(stage.config);
  });

  it('takes overrides in order', () => {
    const set = [
      'sources.web.paths[0]=x.log',
      'sources.web.paths[1]=y.log',
      'sinks.out.inputs=[web, shaped]',
      'runtime.memory=1GiB',
      'name=${N}',
    ];
    const { pipeline, problems } = read(PIPELINE, { set, env: { N: 'other' } });
    expect(problems).toEqual([]);
    expect(pipeline!.stages[0]!.config.paths).toEqual(['x.log', 'y.log']);
    expect(pipeline!.stages[3]!.inputs).toEqual(['web', 'shaped']);
    expect(pipeline!.runtime.memoryBytes).toBe(2 ** 30);
    expect(pipeline!.name).toBe('other');
  });

  it('fills in what on_error.retry leaves out, and takes `then` for the action', () => {
    const onErrorOf = (text: string) => {
      const { pipeline, problems } = read(PIPELINE, { set: [`sinks.out.on_error=${text}`] });
      expect(problems).toEqual([]);
      return pipeline!.stages[3]!.onError;
    };
    const defaults = { attempts: 5, backoffMs: 200, maxBackoffMs: 30_000 };
    expect(onErrorOf('drop')).toEqual({ action: 'drop' });
    expect(onErrorOf('{retry: {}}')).toEqual({ action: 'dead_letter', retry: defaults });
    expect(onErrorOf('{retry: {attempts: 2, max_elapsed: 5m}, then: stop}')).toEqual({
      action: 'stop',
      retry: { ...defaults, attempts: 2, maxElapsedMs: 300_000 },
    });
    expect(onErrorOf('{retry: {backoff: 1s, max_backoff: 1s}, then: drop}')).toEqual({
      action: 'drop',
      retry: { attempts: 5, backoffMs: 1000, maxBackoffMs: 1000 },
    });
  });

  it('asks a definition about its checked configuration', () => {
    const { pipeline, problems } = read(PIPELINE, { set: ['sources.web.start=end'] });
    expect(pipeline).toBeUndefined();
    expect(problems).toEqual(['--set:1:19: sources.web.start: end without follow: true reads nothing']);
  });

  it('points into a text that does not parse, with the suggestion', () => {
    const where = (text: string): string[] => read(PIPELINE.replace('status >= 500', text)).problems;
    expect(where('a >= ) b')).toEqual([
      'shop/pipeline.yaml:11:17: transforms.errors.where: ")" closes nothing (did you mean "x"?)',
    ]);
    expect(where('"a >= ) b"')[0]).toContain('yaml:11:18: ');
    expect(where('|\n      a >=\n      b ) c')[0]).toContain('yaml:13:9: ');
    expect(where('"a \\t ) b"')[0]).toContain('yaml:11:12: ');
    expect(where('true')).toEqual([]);
  });

  it('does not show what was filled in', () => {
    const secret = 'hunter22)';
    const text = PIPELINE.replace('status >= 500', '"a ${S}"').replace('workers: 2', 'workers: ${S}');
    const { problems } = read(text, {
      env: { S: secret },
      set: ['sources.web.format=${S}', 'sinks.out.inputs=["${S}"]'],
    });
    expect(problems.length).toBeGreaterThanOrEqual(4);
    expect(problems.join('\n')).not.toContain('hunter');
  });

  it('takes a password of digits for text', () => {
    const { pipeline, problems } = read(PIPELINE, { set: ['sinks.out.prefix=${P}'], env: { P: '0123' } });
    expect(problems).toEqual([]);
    expect(pipeline!.stages[3]!.config.prefix).toBe('0123');
  });

  it.each([
    ['shop.yaml', 'shop'],
    ['a/shop logs.yml', 'shop-logs'],
    ['a/b c/pipeline.yaml', 'b-c'],
    ['-', 'pipeline'],
    ['.yaml', 'yaml'],
  ])('%s is called %s', (file, name) => expect(defaultName(file)).toBe(name));

  it('limits the number of stages', () => {
    const stages = Array.from({ length: 5000 }, (_, i) => `  s${i}: {type: stdout, inputs: [s${i}]}`).join(
      '\n',
    );
    const { problems } = read(`sources:\n  web: {type: file, paths: [a]}\nsinks:\n${stages}\n`);
    expect(problems.some((problem) => problem.includes('at most 1000 stages'))).toBe(true);
  });

  it('finds cycles in long chains', () => {
    const chain = Array.from(
      { length: 900 },
      (_, i) => `  t${i}: {type: filter, where: x, inputs: [t${(i + 1) % 900}]}`,
    );
    const { problems } = read(
      `sources:\n  web: {type: file, paths: [a]}\ntransforms:\n${chain.join('\n')}\nsinks:\n  out: {type: stdout, inputs: [web]}\n`,
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('t0 → t899 → ');
  });
});

describe('mutated pipelines', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '\n',
    '\t',
    ' ',
    '- ',
    '*a',
    '&a ',
    '${',
    '}',
    '"',
    "'",
    '|',
    '>',
    '#',
    '!x',
    '<<: ',
    '__proto__: ',
    '? ',
    '\0',
    '\uFEFF',
    '---\n',
    'web',
    'type: ',
    '~',
    '1e999',
    '.nan',
  ];
  const mutation = fc.record({
    at: fc.nat(PIPELINE.length),
    remove: fc.nat(12),
    insert: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })),
  });

  it('never throw, and have problems or become a pipeline', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        let text = PIPELINE;
        for (const { at, remove, insert } of mutations)
          text = text.slice(0, at) + insert + text.slice(at + remove);
        const start = performance.now();
        const { pipeline, problems } = readPipeline(text, 'p.yaml', { env: {}, set: [], catalogue: FAKE });
        expect(performance.now() - start).toBeLessThan(2000);
        expect(pipeline === undefined).toBe(problems.length > 0);
        for (const { line, column } of problems) expect(Math.min(line, column)).toBeGreaterThan(0);
      }),
      { numRuns: runs(1500) },
    );
  });

  it('never throw for any override', () => {
    const path = fc.stringMatching(/^[a-z.[\]0-9"=\\]{0,12}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(path, fc.string()), { maxLength: 3 }), (overrides) => {
        const set = overrides.map(([left, right]) => `${left}=${right}`);
        readPipeline(PIPELINE, 'p.yaml', { env: {}, set, catalogue: FAKE });
      }),
      { numRuns: runs(500) },
    );
  });
});

describe('the JSON Schema of a pipeline', () => {
  const schema = pipelineSchema(FAKE);

  it('is plain JSON that describes each section', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.required).toEqual(['sources', 'sinks']);
    const properties = schema.properties as Record<
      string,
      { additionalProperties: { allOf: { then: { properties: object } }[] } }
    >;
    const file = properties.sources!.additionalProperties.allOf[0]!.then;
    expect(Object.keys(file.properties)).toEqual([
      'type',
      'on_error',
      'paths',
      'format',
      'follow',
      'max_line_bytes',
      'poll',
      'start',
      'count',
    ]);
    expect(file.properties).toMatchObject({
      max_line_bytes: { default: '1MiB' },
      poll: { default: '250ms' },
      format: { default: 'lines' },
    });
    expect(properties.sinks!.additionalProperties.allOf[0]!.then).toMatchObject({
      required: ['type', 'inputs'],
    });
  });
});
