import { describe, expect, it } from 'vitest';
import { scale, seedsOf, uniform } from '../torture/seeds.js';
import { type Ended, run, start, temporaryFolder, until, write } from './support.js';

/** Where a pipeline has secrets. */
const POSITIONS = [
  'url_password',
  'url_query',
  'header',
  'bearer',
  'listen_token',
  'amqp_password',
  'sasl_password',
  'sasl_file',
  'env_file',
  'exec',
  'mistake',
  'wrong_url',
] as const;
type Position = (typeof POSITIONS)[number];
type Canaries = Readonly<Record<Position, string>>;

/** Characters that are written in another way in JSON, in URLs or in YAML. */
const AWKWARD = ['', '"', '%', '/', '+', 'é', '{', '#'];

function canariesOf(seed: number): Canaries {
  const below = uniform(seed);
  const one = (position: Position) =>
    `canary-${below(2 ** 32).toString(36)}${AWKWARD[below(AWKWARD.length)]}${position}-${below(2 ** 32).toString(36)}`;
  return Object.fromEntries(POSITIONS.map((position) => [position, one(position)])) as unknown as Canaries;
}

function formsOf(canary: string): string[] {
  return [
    canary,
    JSON.stringify(canary).slice(1, -1),
    encodeURIComponent(canary),
    Buffer.from(canary).toString('base64').replace(/=+$/, ''),
  ];
}

function expectNone(canaries: Canaries, what: string, text: string): void {
  for (const [position, canary] of Object.entries(canaries)) {
    for (const form of formsOf(canary)) {
      const at = text.indexOf(form);
      expect(at === -1 ? '' : text.slice(Math.max(0, at - 200), at), `${what} shows ${position}`).toBe('');
    }
  }
}

/** Nobody listens there. */
const DEAD = '127.0.0.1:9';

/** All that connects, and cannot; what does not connect fails for each record. */
function pipelineOf(canaries: Canaries, folder: string): string {
  const failing = (secret: string) => JSON.stringify(`int(message + '${secret}')`);
  const yaml = (text: string) => JSON.stringify(text);
  const uri = encodeURIComponent;
  return `name: canaries
sources:
  in: { type: generate, kind: access_log, rate: 500, format: lines }
  posted: { type: http, address: "127.0.0.1:0", path: /in, format: lines, token: ${yaml(canaries.bearer)} }
  topic: { type: kafka, brokers: ["${DEAD}"], topics: [t], group: g, sasl: { mechanism: PLAIN, username: me, password: "\${file:${folder}/sasl}" }, format: lines }
transforms:
  shown: { type: map, inputs: [in], set: { token: ${JSON.stringify(`'\${DB_PASSWORD}'`)} } }
  by_env: { type: map, inputs: [shown], set: { x: ${failing('${DB_PASSWORD}')} } }
  by_program: { type: map, inputs: [in], set: { x: ${failing(`\${exec:cat ${folder}/program}`)} } }
sinks:
  to_url: { type: http, inputs: [in, by_env, by_program], url: "http://me:${uri(canaries.url_password)}@${DEAD}/?q=\${QUERY_TOKEN}", headers: { X-Key: "\${HEADER_TOKEN}" }, format: json }
  to_amqp: { type: amqp, inputs: [in, posted], url: "amqp://me:${uri(canaries.amqp_password)}@${DEAD}", exchange: e, format: json }
  to_kafka: { type: kafka, inputs: [in, topic], brokers: ["${DEAD}"], topic: t, sasl: { mechanism: SCRAM-SHA-256, username: me, password: ${yaml(canaries.sasl_password)} }, format: json }
runtime: { state: ${folder}/state }
`;
}

async function served(url: string, token: string): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` };
  const paths = [
    ...['/metrics', '/health', '/ready', '/api/pipeline', '/api/queues', '/api/history', '/api/none'],
    ...['in', 'shown', 'by_env', 'to_url'].map((id) => `/api/stages/${id}/records?limit=3`),
    '/api/dead-letters?limit=20',
  ];
  const answers: string[] = [];
  for (const path of paths) {
    const signal = AbortSignal.timeout(1000);
    const answer = await fetch(`${url}${path}`, { headers, signal }).catch(() => undefined);
    answers.push((await answer?.text().catch(() => '')) ?? '');
  }
  return answers.join('\n');
}

describe('forty secrets in each place where one can stand', () => {
  const seeds = seedsOf('canaries', Math.min(40, scale()));

  it.each(seeds)(
    'show in nothing that is printed, served or kept while all components fail (seed %i)',
    async (seed) => {
      const canaries = canariesOf(seed);
      const folder = temporaryFolder();
      write(folder, 'sasl', canaries.sasl_file);
      write(folder, 'program', canaries.exec);
      const envFile = write(folder, 'vars', `DB_PASSWORD='${canaries.env_file}'\n`);
      const file = write(folder, 'p.yaml', pipelineOf(canaries, folder));
      const env = {
        QUERY_TOKEN: canaries.url_query,
        HEADER_TOKEN: canaries.header,
        MILLRACE_TOKEN: canaries.listen_token,
      };
      const options = ['--allow-exec', '--env-file', envFile];
      const call = (verb: readonly string[], ...more: string[]): Promise<Ended> =>
        run([...verb, file, ...options, ...more], { env });

      const running = start(['run', file, ...options, '--log-level', 'trace', '--listen', '127.0.0.1:0'], {
        env,
      });
      const said = (text: string) =>
        until(() => running.err().includes(text), `it says ${text}: ${running.err()}`);
      for (const text of ['"stage":"to_url"', '"stage":"to_amqp"', '"stage":"to_kafka"', 'cannot ask Kafka'])
        await said(text);
      const url = /"url":"(http:[^"]+)","msg":"listening/.exec(running.err())![1]!;
      expectNone(canaries, '--listen', await served(url, canaries.listen_token));
      running.child.kill('SIGINT');
      await said('stopping');
      running.child.kill('SIGINT');
      const { out, err } = await running.ended;
      expectNone(canaries, 'run', `${out}\n${err}`);

      const verbs = [
        ['validate'],
        ['validate', '--connect'],
        ['explain'],
        ['graph'],
        ['dlq', 'list'],
        ['dlq', 'export'],
      ];
      await Promise.all(
        verbs.map(async (verb) => {
          const shown = await call(verb);
          expectNone(canaries, verb.join(' '), `${shown.out}\n${shown.err}`);
        }),
      );
      const mistakes = [
        `sinks.to_kafka.sasl.password=[${JSON.stringify(canaries.mistake)}]`,
        `sources.posted.token={a: ${JSON.stringify(canaries.mistake)}}`,
        `sinks.to_amqp.url=${JSON.stringify(`amqp//me:${encodeURIComponent(canaries.wrong_url)}@host`)}`,
      ];
      await Promise.all(
        mistakes.map(async (mistake) => {
          const refused = await call(['validate'], '--set', mistake);
          expect(refused.code, mistake).toBe(78);
          expectNone(canaries, mistake, `${refused.out}\n${refused.err}`);
        }),
      );
    },
  );
});
