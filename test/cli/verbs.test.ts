import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/formats/index.js';
import { inProcess, lines, temporaryFolder, write } from './support.js';

const TWO_BRANCHES = `
name: shop
sources:
  web: { type: stdin, format: combined }
transforms:
  failed: { type: filter, inputs: [web], where: status >= 500 }
  brief: { type: map, inputs: [failed], keep: [host, status], queue: memory }
sinks:
  all: { type: file, inputs: [web], path: all.ndjson }
  few: { type: stdout, inputs: [brief], format: csv }
`;

function pipelineFile(text = TWO_BRANCHES): string {
  return write(temporaryFolder(), 'pipeline.yaml', text);
}

describe('millrace', () => {
  it('shows its commands in groups, with examples', async () => {
    const { code, out } = await inProcess('--help');
    expect(code).toBe(0);
    for (const verb of ['run', 'validate', 'explain', 'graph', 'init', 'list', 'schema']) {
      expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
    }
    expect(out).toContain('Writing pipelines:');
    expect(out).toContain('$ millrace run pipeline.yaml');
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await inProcess('--version')).toMatchObject({ code: 0, out: `${version}\n` });
  });

  it('knows which command was meant', async () => {
    const { code, err } = await inProcess('vaildate', 'pipeline.yaml');
    expect(code).toBe(1);
    expect(err).toBe('error: unknown command "vaildate" (did you mean "validate"?)\n');
  });

  it('refuses unknown options and wrong values of options', async () => {
    expect((await inProcess('run', '--wrokers', '2', 'x.yaml')).err).toContain('Did you mean --workers');
    const { code, err } = await inProcess('run', '--workers', 'many', 'x.yaml');
    expect(code).toBe(1);
    expect(err).toContain('expected a whole number from 0 to 256');
  });
});

describe('validate', () => {
  it('says what a good file holds', async () => {
    expect(await inProcess('validate', pipelineFile())).toMatchObject({
      code: 0,
      out: 'ok: 1 source, 2 transforms, 2 sinks\n',
      err: '',
    });
  });

  it('prints every mistake with its place and ends with 78', async () => {
    const file = pipelineFile(TWO_BRANCHES.replace('where:', 'wehre:').replace('stdout', 'sdtout'));
    const { code, out, err } = await inProcess('validate', file);
    expect(code).toBe(78);
    expect(out).toBe('');
    expect(err).toContain(`${file}:6:`);
    expect(err).toContain('did you mean "where"?');
    expect(err).toContain('did you mean "stdout"?');
    expect(err).toMatch(/error: \d problems in /);
  });

  it('warns of patterns that may take exponential time, where they stand', async () => {
    const pattern = "'(?!#)(?<status>(\\w+\\s?)+)$'";
    const file = pipelineFile(TWO_BRANCHES.replace('combined', () => `{ type: grok, pattern: ${pattern} }`));
    const { code, out, err } = await inProcess('validate', file);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('ok: ') });
    const column = TWO_BRANCHES.split('\n')[3]!.indexOf('combined') + 1;
    const at = column + `{ type: grok, pattern: '(?!#)(?<status>`.length;
    expect(err).toContain(
      `warning: ${file}:4:${at}: sources.web.format.pattern: what is repeated here holds a repetition, in a pattern that needs backtracking`,
    );
    const json = await inProcess('validate', file, '--format', 'json');
    expect(JSON.parse(json.out)).toMatchObject({ severity: 'warning', line: 4, column: at });
    expect((await inProcess('validate', file, '--format', 'github')).out).toMatch(/^::warning file=.*line=4/);
  });

  it('says why a file cannot be read', async () => {
    const folder = temporaryFolder();
    expect(await inProcess('validate', `${folder}/none.yaml`)).toMatchObject({
      code: 78,
      err: expect.stringContaining(`${folder}/none.yaml: cannot be read: there is no such file`),
    });
    expect((await inProcess('validate', folder)).err).toContain('it is a folder');
  });

  it('takes values from --set and --env-file', async () => {
    const file = pipelineFile(TWO_BRANCHES.replace('all.ndjson', '"${TARGET}"'));
    expect((await inProcess('validate', file)).err).toContain('TARGET');
    const env = write(temporaryFolder(), 'env', 'TARGET=somewhere\n');
    expect(await inProcess('validate', file, '--env-file', env)).toMatchObject({ code: 0 });
    expect(await inProcess('validate', pipelineFile(), '--set', 'sinks.all.path=x')).toMatchObject({
      code: 0,
    });
    expect(await inProcess('validate', file, '--env-file', `${env}.none`)).toMatchObject({ code: 78 });
    const wrong = await inProcess('validate', pipelineFile(), '--set', 'sinks.all.mode=apend');
    expect(wrong).toMatchObject({ code: 78, err: expect.stringContaining('did you mean "append"?') });
  });
});

describe('validate for machines', () => {
  const wrong = TWO_BRANCHES.replace('where:', 'wehre:').replace('stdout', 'sdtout');

  it('prints JSON lines', async () => {
    const file = pipelineFile(wrong);
    const { code, out, err } = await inProcess('validate', file, '--format', 'json');
    expect({ code, err }).toEqual({ code: 78, err: '' });
    const problems = lines(out).map((line) => JSON.parse(line));
    expect(problems).toContainEqual({
      file,
      line: 6,
      column: 42,
      path: 'transforms.failed.wehre',
      message: 'unknown key',
      suggestion: 'where',
    });
    expect(await inProcess('validate', pipelineFile(), '--format', 'json')).toMatchObject({
      code: 0,
      out: '',
    });
  });

  it('prints annotations for GitHub', async () => {
    const file = write(temporaryFolder(), 'a,b%.yaml', wrong);
    const { code, out } = await inProcess('validate', file, '--format', 'github');
    expect(code).toBe(78);
    const shown = file.replace(',', '%2C').replace('%.', '%25.');
    expect(out).toContain(
      `::error file=${shown},line=6,col=42::transforms.failed.wehre: unknown key (did you mean "where"?)\n`,
    );
    const none = await inProcess('validate', '/none.yaml', '--format', 'github');
    expect(none).toMatchObject({
      code: 78,
      out: '::error file=/none.yaml::cannot be read: there is no such file\n',
    });
  });
});

describe('validate of fields', () => {
  const problems = async (where: string, format = 'combined'): Promise<string> => {
    const text = TWO_BRANCHES.replace('where: status >= 500', `where: '${where}'`).replace(
      'combined',
      format,
    );
    return (await inProcess('validate', pipelineFile(text))).err;
  };

  it('knows which field was meant, where all fields of the records are known', async () => {
    expect(await problems('stauts >= 500 && path != null')).toContain(
      ':6:3: transforms.failed: its records have no field "stauts" (did you mean "status"?)\n',
    );
  });

  it('leaves fields alone that are like no other, and records that may have any field', async () => {
    expect(await problems('customer == null')).toBe('');
    expect(await problems('stauts >= 500', 'json')).toBe('');
  });
});

describe('explain', () => {
  it.each([
    ['disk', 'one process'],
    ['{ type: amqp, url: "amqp://broker" }', 'any number of processes, which share what is in its queue'],
    [
      '{ type: kafka, brokers: ["broker:9092"], partitions: 6 }',
      'up to 6 processes, which share the partitions of its queue',
    ],
    [
      '{ type: kafka, brokers: ["broker:9092"], partitions: 1 }',
      'one process, since its queue has one partition',
    ],
  ])('says in how many processes a segment behind `queue: %s` may run', async (queue, processes) => {
    const text = `
sources: { raw: { type: file, paths: [access.log] } }
transforms: { web: { type: parse, inputs: [raw], field: message, format: combined, queue: ${queue} } }
sinks: { out: { type: stdout, inputs: [web] } }`;
    const { out } = await inProcess('explain', pipelineFile(text));
    expect(out).toContain('segment raw: 1 stage in one process\n');
    expect(out).toContain(`segment web: 2 stages in ${processes}\n`);
  });

  it('shows chains, columns, queues and shapes', async () => {
    const { code, out } = await inProcess('explain', pipelineFile());
    expect(code).toBe(0);
    expect(out).toMatch(/decode +web +as combined/);
    expect(out).toMatch(/send +brief +into its queue/);
    expect(out).toMatch(/receive +brief +from its queue/);
    expect(out).toMatch(/encode +few +as csv +of brief/);
    expect(out).toMatch(/few +from brief +memory, .* blocks when full/);
    expect(out).toMatch(/brief +host text, status int/);
  });

  it('says which lines are one record', async () => {
    const multiline = 'format: cri, multiline: { type: cri, group: java }';
    const file = pipelineFile(
      `sources: { in: { type: stdin, ${multiline} } }\nsinks: { out: { type: stdout, inputs: [in] } }\n`,
    );
    const { out } = await inProcess('explain', file);
    expect(out).toMatch(/decode +in +as cri, lines that belong together by cri and then by java/);
  });
});

describe('graph', () => {
  it('draws a tree', async () => {
    expect((await inProcess('graph', pipelineFile())).out).toMatchInlineSnapshot(`
      "web (stdin source)
      ├─ failed (filter transform)
      │  └─ brief (map transform, memory queue)
      │     └─ few (stdout sink)
      └─ all (file sink)
      "
    `);
  });

  it('draws what has several inputs once', async () => {
    const file = pipelineFile(TWO_BRANCHES.replace('inputs: [web], path', 'inputs: [web, brief], path'));
    expect((await inProcess('graph', file)).out.match(/all \(drawn above\)/g)).toHaveLength(1);
  });

  it('speaks Mermaid and Graphviz', async () => {
    expect((await inProcess('graph', '--format', 'mermaid', pipelineFile())).out).toMatchInlineSnapshot(`
      "flowchart LR
        s_web(["web<br/>stdin source"])
        s_failed["failed<br/>filter transform"]
        s_brief["brief<br/>map transform, memory queue"]
        s_all[("all<br/>file sink")]
        s_few[("few<br/>stdout sink")]
        s_web --> s_failed
        s_failed --> s_brief
        s_web --> s_all
        s_brief --> s_few
      "
    `);
    expect((await inProcess('graph', '--format', 'dot', pipelineFile())).out).toMatchInlineSnapshot(`
      "digraph "shop" {
        rankdir=LR;
        "web" [shape=oval, label="web\\nstdin source"];
        "failed" [shape=box, label="failed\\nfilter transform"];
        "brief" [shape=box, label="brief\\nmap transform, memory queue"];
        "all" [shape=cylinder, label="all\\nfile sink"];
        "few" [shape=cylinder, label="few\\nstdout sink"];
        "web" -> "failed";
        "failed" -> "brief";
        "web" -> "all";
        "brief" -> "few";
      }
      "
    `);
  });
});

describe('list', () => {
  it('names every component in its group', async () => {
    const { code, out } = await inProcess('list');
    expect(code).toBe(0);
    for (const heading of ['Sources', 'Transforms', 'Sinks', 'Formats'])
      expect(out).toContain(`${heading}\n`);
    for (const { name } of FORMATS) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it('describes a component with its options and an example', async () => {
    const { out } = await inProcess('list', 'filter');
    expect(out).toContain('filter (transform)');
    expect(out).toMatch(/where .*required/);
    expect(out).toContain('Example\n  type: filter');
  });

  it('shows all of one name', async () => {
    const { out } = await inProcess('list', 'file');
    expect(out).toContain('file (source)');
    expect(out).toContain('file (sink)');
  });

  it('knows which name was meant', async () => {
    expect(await inProcess('list', 'combind')).toMatchObject({
      code: 1,
      err: 'error: no component is called "combind" (did you mean "combined"?)\n',
    });
  });
});

describe('schema', () => {
  it('prints a JSON Schema with every component', async () => {
    const schema = JSON.parse((await inProcess('schema')).out) as Record<string, unknown>;
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(Object.keys(schema.properties as object)).toContain('sinks');
    expect(JSON.stringify(schema)).toContain('"when_full"');
  });
});

describe('init', () => {
  it('writes a pipeline that is right, and never overwrites', async () => {
    const file = `${temporaryFolder()}/new.yaml`;
    expect(await inProcess('init', file)).toMatchObject({ code: 0 });
    expect(existsSync(file)).toBe(true);
    expect(await inProcess('validate', file)).toMatchObject({ code: 0 });
    expect(await inProcess('init', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is there already'),
    });
  });
});
