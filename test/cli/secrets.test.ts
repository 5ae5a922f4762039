import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hideSecrets, redact, Secret, secretIn } from '../../src/base/secrets.js';
import { type Ended, lines, run, start, temporaryFolder, until, write } from './support.js';

/** Values that must not be found anywhere, one for each way in which a value comes in. */
const CANARY = {
  variable: 'canary"env-7f3a9',
  password: 'canary-url-81be2',
  file: 'canary/file/55d0c',
  program: 'canary-exec-9c4e1',
  envFile: 'canary-envfile-2ab7',
};
const FORMS = Object.values(CANARY).flatMap((value) => [
  value,
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
]);

function expectNoCanary(what: string, { out, err }: Ended): void {
  for (const form of FORMS) {
    expect(out.includes(form), `${what}: standard output shows ${form}: ${out}`).toBe(false);
    expect(err.includes(form), `${what}: standard error shows ${form}: ${err}`).toBe(false);
  }
}

const failing = (secret: string) => `int(message + '${secret}')`;

/** Every record fails with a message that would show a secret, and so does every sink but one. */
function pipelineWith(folder: string, extra = ''): string {
  const stages = {
    env: '${API_TOKEN}',
    url: '${BROKER}',
    file: `\${file:${folder}/secret}`,
    exec: `\${exec:cat ${folder}/program}`,
    envfile: '${DB_PASSWORD}',
  };
  const transforms = Object.entries(stages).map(
    ([id, secret]) => `  ${id}: { type: map, inputs: [in], set: { x: ${JSON.stringify(failing(secret))} } }`,
  );
  return `name: secrets
sources:
  in: { type: stdin, format: lines }
transforms:
${transforms.join('\n')}
sinks:
  kept: { type: file, inputs: [${Object.keys(stages).join(', ')}], path: ${folder}/kept.ndjson, format: json }
  broken: { type: file, inputs: [in], path: "/dev/null/\${file:${folder}/secret}/\${BROKER}/x", format: json }
runtime: { state: ${folder}/state }
${extra}`;
}

describe('secrets', () => {
  const prepare = (extra?: string) => {
    const folder = temporaryFolder();
    write(folder, 'secret', `${CANARY.file}\n`);
    write(folder, 'program', `${CANARY.program}\n`);
    const envFile = write(folder, 'vars', `DB_PASSWORD=${CANARY.envFile}\n`);
    const file = write(folder, 'p.yaml', pipelineWith(folder, extra));
    const env = { API_TOKEN: CANARY.variable, BROKER: `amqp://me:${CANARY.password}@host/x` };
    const call = (verb: readonly string[], ...options: string[]) =>
      run([...verb, file, '--allow-exec', '--env-file', envFile, ...options], {
        env,
        input: 'a record\nanother\n',
      });
    return { folder, file, call };
  };

  it('show nowhere: log, errors, dead letters, explain, tests', async () => {
    const tests = `tests:
  - name: a test that fails
    given: { in: [a record] }
    expect: { kept: ["message + '\${API_TOKEN}' == '\${DB_PASSWORD}'"] }
`;
    const { call } = prepare(tests);
    const broken = await call(['run'], '--log-level', 'trace');
    expectNoCanary('run', broken);
    expect(broken.code).toBe(1);
    expect(broken.err).toContain('/dev/null/${file:');
    const kept = await call(
      ['run'],
      '--log-level',
      'trace',
      '--set',
      'sinks.broken={type: blackhole, inputs: [in]}',
    );
    expectNoCanary('run', kept);
    expect(lines(kept.err).at(-1)).toContain('"deadLetters":10');
    for (const verb of [
      ['dlq', 'list'],
      ['dlq', 'stats'],
      ['dlq', 'export'],
    ]) {
      const shown = await call(verb);
      expectNoCanary(verb.join(' '), shown);
      expect(shown.code).toBe(0);
    }
    const letters = (await call(['dlq', 'list'], '--format', 'json')).out;
    for (const name of ['${API_TOKEN}', '${BROKER}', '${file:', '${exec:', '${DB_PASSWORD}'])
      expect(letters).toContain(name);
    for (const verb of ['explain', 'graph', 'validate']) expectNoCanary(verb, await call([verb]));
    expectNoCanary('test', await call(['test']));
  });

  it('show in no crash', async () => {
    const folder = temporaryFolder();
    const yaml = `name: crash
sources: { in: { type: generate, kind: access_log, rate: 1000, format: combined } }
transforms: { x: { type: filter, inputs: [in], where: "path != '\${API_TOKEN}'" } }
sinks: { out: { type: file, inputs: [x], path: ${folder}/out.ndjson, format: json } }
runtime: { state: ${folder}/state, workers: 1 }
`;
    // It crashes in the midst of the run, as a mistake of ours would.
    const preload = write(
      folder,
      'preload.mjs',
      `import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
const crash = () => { throw new Error('crashed with ' + process.env.API_TOKEN); };
const timer = setInterval(() => existsSync('${folder}/out.ndjson') && crash(), 20);
if (!isMainThread) clearInterval(timer);
`,
    );
    const env = { API_TOKEN: CANARY.variable, NODE_OPTIONS: `--import=${preload}` };
    const crashed = start(['run', write(folder, 'p.yaml', yaml), '--log-level', 'trace'], { env });
    const ended = await crashed.ended;
    expect(ended).toMatchObject({ code: 1 });
    expect(ended.err).toContain('crashed with ${API_TOKEN}');
    expectNoCanary('crash', ended);
  });

  it('show in nothing that --listen serves', async () => {
    const folder = temporaryFolder();
    const yaml = `name: secrets
sources: { in: { type: generate, kind: access_log, rate: 2000, format: combined } }
transforms:
  marked: { type: map, inputs: [in], set: { token: "'\${API_TOKEN}'", broker: "'\${BROKER}'" } }
  wrong: { type: map, inputs: [marked], set: { x: int(path + token) } }
sinks: { out: { type: file, inputs: [wrong], path: ${folder}/out.ndjson, format: json } }
runtime: { state: ${folder}/state }
`;
    const env = {
      API_TOKEN: CANARY.variable,
      BROKER: `amqp://me:${CANARY.password}@host/x`,
      MILLRACE_TOKEN: CANARY.envFile,
    };
    const listening = start(['run', write(folder, 'p.yaml', yaml), '--listen', '127.0.0.1:0'], { env });
    const url = () => /"url":"([^"]+)"/.exec(listening.err())?.[1];
    await until(() => url() !== undefined, 'it listens');
    const headers = { Authorization: `Bearer ${CANARY.envFile}` };
    const ask = async (path: string) => await (await fetch(`${url()}${path}`, { headers })).text();
    const records = await ask('/api/stages/marked/records?limit=20');
    expect(records).toContain('"token":"${API_TOKEN}"');
    let letters = '';
    while (!letters.includes('"code"')) letters = await ask('/api/dead-letters?limit=5');
    const [, id] = /"id":"([^"]+)"/.exec(letters)!;
    const paths = [
      '/metrics',
      '/api/pipeline',
      '/api/queues',
      `/api/dead-letters/${encodeURIComponent(id!)}`,
      '/api/none',
    ];
    const answers = [records, letters, ...(await Promise.all(paths.map(ask)))];
    listening.child.kill('SIGINT');
    const { err } = await listening.ended;
    expectNoCanary('--listen', { code: 0, signal: null, out: answers.join('\n'), err });
  });

  it('show in no message about a mistake', async () => {
    const { call } = prepare();
    const changes = [
      'sinks.kept.mode=${API_TOKEN}',
      'runtime.workers=${DB_PASSWORD}',
      'transforms.env.set.x="${BROKER} ("',
      'sources.in.type=${API_TOKEN}',
      'sources.in.format=${DB_PASSWORD}',
    ];
    for (const change of changes) {
      const wrong = await call(['validate'], '--set', change);
      expect(wrong.code).toBe(78);
      expectNoCanary(change, wrong);
    }
  });

  it('run no program unless that is allowed', async () => {
    const { folder, file } = prepare();
    const { code, err } = await run(['validate', file], {
      env: { API_TOKEN: 'x', BROKER: 'x', DB_PASSWORD: 'x' },
    });
    expect(code).toBe(78);
    expect(err).toContain('running a program for a value has to be allowed: --allow-exec');
    const missing = write(folder, 'm.yaml', 'name: "${exec:no-such-program}"\nsources: {}\nsinks: {}\n');
    expect((await run(['validate', missing, '--allow-exec'])).err).toContain('there is no such program');
    const failing = write(folder, 'f.yaml', 'name: "${exec:false}"\nsources: {}\nsinks: {}\n');
    expect((await run(['validate', failing, '--allow-exec'])).err).toContain(
      'cannot run false: it ended with 1',
    );
  });
});

describe('a Secret', () => {
  const secret = new Secret('canary-type');

  it('shows only when it is revealed', () => {
    expect(`${secret} ${JSON.stringify({ secret })} ${inspect({ secret })}`).not.toContain('canary');
    expect(Object.values(structuredClone({ secret }).secret)).toEqual([]);
    expect(secret.reveal()).toBe('canary-type');
  });

  it('is found in the environment by the name of its variable, or in a URL', () => {
    expect(secretIn('DB_PASSWORD', 'x')).toBe('x');
    expect(secretIn('URL', 'https://me:hidden@host/path')).toBe('hidden');
    expect(secretIn('URL', 'https://host:80/@x')).toBeUndefined();
    expect(secretIn('LOG_DIR', '/var/log')).toBeUndefined();
  });

  it('is hidden in every form that it may have', () => {
    hideSecrets(
      new Map([
        ['käse/"x"', '${CHEESE}'],
        ['abc', 'too short to hide'],
      ]),
    );
    const forms = [
      'käse/"x"',
      'käse/\\"x\\"',
      encodeURIComponent('käse/"x"'),
      Buffer.from('käse/"x"').toString('base64'),
    ];
    for (const form of forms) expect(redact(`a ${form} b`)).toMatch(/^a \$\{CHEESE\}=* b$/);
    expect(redact('abc')).toBe('abc');
  });
});
