import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lines, run, start, temporaryFolder, until, write } from './support.js';

const CANARIES = 40;
/** What a secret may have at its end, so that it looks otherwise in JSON, in a URL or in a message. */
const ENDS = ['', '"q"', "'s'", '/a/b', ' c d', 'ä€', '%41', '\\n', '$1', '+=&?#', '<b>', 'x'.repeat(300)];

/** Where a secret can stand. Each is a variable of its own, `${…}` in the file. */
const POSITIONS = [
  ...['AMQP_URL', 'HTTP_URL', 'QUERY_TOKEN', 'HEADER_SECRET', 'BEARER_TOKEN', 'SASL_PASSWORD', 'SASL_TOKEN'],
  ...['EXPRESSION_SECRET', 'PATH_SECRET', 'WRONG_TOKEN', 'file', 'exec'],
] as const;
type Position = (typeof POSITIONS)[number];

const numbers = Array.from({ length: CANARIES }, (_, n) => n);
const canary = (position: Position, n: number) => {
  // In an expression or a path, and between quotes of a shell, other characters have a meaning.
  const end = ['EXPRESSION_SECRET', 'PATH_SECRET', 'file', 'exec'].includes(position)
    ? ''
    : ENDS[n % ENDS.length]!;
  return `canary-${POSITIONS.indexOf(position)}-${n}-7f3a${end}`;
};
const ALL = POSITIONS.flatMap((position) => numbers.map((n) => canary(position, n)));

const asUrl = (scheme: string, secret: string) => `${scheme}://me:${encodeURIComponent(secret)}@127.0.0.1:1/`;

/** Every stage has secrets in all its places, and fails. */
function failing(folder: string): string {
  const retry = 'on_error: { retry: { attempts: 2, backoff: 1ms }, then: dead_letter }';
  const sinks = numbers.flatMap((n) => [
    `  url${n}: { type: http, inputs: [in], url: "\${HTTP_URL_${n}}", timeout: 1s, ${retry} }`,
    `  head${n}: { type: http, inputs: [in], url: "http://127.0.0.1:1/?k=\${QUERY_TOKEN_${n}}", headers: { x: "\${HEADER_SECRET_${n}}" }, token: "\${BEARER_TOKEN_${n}}", timeout: 1s, ${retry} }`,
    `  out${n}: { type: blackhole, inputs: [x${n}] }`,
  ]);
  const wrong = (n: number) =>
    `int(message + '\${EXPRESSION_SECRET_${n}}' + '\${file:${folder}/file${n}}' + '\${exec:cat ${folder}/exec${n}}')`;
  return `name: canaries
sources: { in: { type: stdin, format: lines } }
transforms:
${numbers.map((n) => `  x${n}: { type: map, inputs: [in], set: { y: ${JSON.stringify(wrong(n))} } }`).join('\n')}
sinks:
${sinks.join('\n')}
runtime: { state: ${folder}/state, memory: 1GiB }
`;
}

/** Files that cannot be opened. */
const unwritable = (folder: string) => `name: unwritable
sources: { in: { type: stdin, format: lines } }
sinks:
${numbers.map((n) => `  path${n}: { type: file, inputs: [in], path: "/dev/null/\${PATH_SECRET_${n}}/x", format: json }`).join('\n')}
runtime: { state: ${folder}/state }
`;

/** Brokers that are not there. */
function unreachable(folder: string): string {
  const kafka = (n: number, sasl: string) =>
    `{ type: kafka, inputs: [in], brokers: ["127.0.0.1:1"], topic: t${n}, sasl: { ${sasl} } }`;
  const sinks = numbers.flatMap((n) => [
    `  amqp${n}: { type: amqp, inputs: [in], url: "\${AMQP_URL_${n}}", exchange: e }`,
    `  plain${n}: ${kafka(n, `mechanism: PLAIN, username: me, password: "\${SASL_PASSWORD_${n}}"`)}`,
    `  bearer${n}: ${kafka(n, `mechanism: OAUTHBEARER, token: "\${SASL_TOKEN_${n}}"`)}`,
  ]);
  return `name: unreachable
sources: { in: { type: stdin, format: lines } }
sinks:
${sinks.join('\n')}
runtime: { state: ${folder}/state, memory: 4GiB }
`;
}

/** Every value is a mistake. */
const mistaken = () => `name: mistaken
sources: { in: { type: stdin, format: lines } }
sinks:
${numbers.map((n) => `  wrong${n}: { type: blackhole, inputs: ["\${WRONG_TOKEN_${n}}"], "\${BEARER_TOKEN_${n}}": "\${QUERY_TOKEN_${n}}", queue: "\${SASL_TOKEN_${n}}" }`).join('\n')}
`;

function filesIn(folder: string): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

it(`${CANARIES} secrets in each of ${POSITIONS.length} places are found nowhere, when everything fails`, async () => {
  const folder = temporaryFolder();
  const env: Record<string, string> = {};
  for (const position of POSITIONS)
    for (const n of numbers) {
      const value = canary(position, n);
      if (position === 'file' || position === 'exec') write(folder, `${position}${n}`, `${value}\n`);
      else if (position === 'AMQP_URL') env[`AMQP_URL_${n}`] = asUrl('amqp', value);
      else if (position === 'HTTP_URL') env[`HTTP_URL_${n}`] = asUrl('http', value);
      else env[`${position}_${n}`] = value;
    }
  const found: string[] = [];
  const look = (where: string, text: string) => {
    if (!/canary|Y2FuYXJ5/.test(text)) return;
    for (const value of ALL)
      for (const form of [
        value,
        JSON.stringify(value).slice(1, -1),
        encodeURIComponent(value),
        base64(value),
      ])
        if (text.includes(form)) found.push(`${where}: ${form}`);
  };
  look('what shows one', JSON.stringify({ secret: canary('HTTP_URL', 1) }));
  expect(found.splice(0), 'one that shows is found').not.toEqual([]);
  const call = async (file: string, ...argv: string[]) => {
    const ended = await run([...argv, file, '--allow-exec'], { env, input: '' });
    look(argv.join(' '), ended.out + ended.err);
    return ended;
  };

  const file = write(folder, 'failing.yaml', failing(folder));
  const argv = ['run', file, '--allow-exec', '--log-level', 'trace', '--listen', '127.0.0.1:0'];
  const running = start(argv, { env });
  running.child.stdin.write('a record\nanother\n');
  await until(() => /"url":"/.test(running.err()), 'it listens');
  const url = /"url":"([^"]+)"/.exec(running.err())![1]!;
  const ask = async (path: string) => await (await fetch(url + path)).text();
  const letters = async () => (JSON.parse(await ask('/api/pipeline')) as { deadLetters: number }).deadLetters;
  while ((await letters()) < CANARIES);
  for (const path of ['/metrics', '/api/pipeline', '/api/history', '/api/dead-letters?limit=200'])
    look(path, await ask(path));
  running.child.stdin.end();
  const { code, out, err } = await running.ended;
  look('run', out + err);
  expect(lines(err).at(-1), `code ${code}`).toContain('"deadLetters":');
  for (const path of filesIn(join(folder, 'state'))) look(path, readFileSync(path, 'latin1'));
  for (const verb of ['validate', 'explain', 'graph', 'dlq list', 'dlq stats', 'dlq export'])
    await call(file, ...verb.split(' '));

  const closed = write(folder, 'unwritable.yaml', unwritable(folder));
  const refused = await call(closed, 'run', '--log-level', 'trace');
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('/dev/null/${PATH_SECRET_') });
  await call(closed, 'explain');
  const brokers = write(folder, 'unreachable.yaml', unreachable(folder));
  const tried = await call(brokers, 'validate', '--connect');
  expect(tried.code).toBe(78);
  for (const sink of ['amqp', 'plain', 'bearer']) expect(tried.err).toContain(`sinks.${sink}${CANARIES - 1}`);
  const mistakes = await call(write(folder, 'mistaken.yaml', mistaken()), 'validate');
  expect(mistakes.code).toBe(78);
  expect(found).toEqual([]);
}, 60_000);

/** Without what depends on what comes behind it. */
function base64(value: string): string {
  return Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -1);
}
