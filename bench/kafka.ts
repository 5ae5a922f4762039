/**
 * How fast are the source and the sink of Kafka beside Kafka's own performance tools and the loop that one writes first, and a
 * queue between stages beside a message for each record? Whole processes, broker included, in turn; figures are medians of the
 * ratios within a round.
 * Run: .ci/brokers start kafka; npm run build && node dist/bench/kafka.js [read | filter | write | edge]…
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure, median } from './measure.js';
import { Random } from './random.js';

const BROKER = '127.0.0.1:9092';
const DISTINCT = 20_000;
const COPIES = Number(process.env.MILLRACE_BENCH_COPIES ?? 50);
const RECORDS = DISTINCT * COPIES;
const RECORD_BYTES = 300;
const ROUNDS = Number(process.env.MILLRACE_BENCH_ROUNDS ?? 3);
const PARTITIONS = 4;

const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-kafka-'));
const classpath = execFileSync('.ci/kafka/broker', ['classpath'], { encoding: 'utf8' }).trim();
type Argv = readonly [string, ...string[]];
const java = (main: string, ...args: readonly string[]): Argv => [
  'java',
  '-Xmx256m',
  '-cp',
  classpath,
  main,
  ...args,
];

function makeTopic(): string {
  const name = `bench-${randomUUID().slice(0, 8)}`;
  const [program, ...args] = java(
    'org.apache.kafka.tools.TopicCommand',
    ...['--bootstrap-server', BROKER, '--create', '--topic', name, '--partitions', String(PARTITIONS)],
  );
  execFileSync(program, args, { stdio: 'ignore' });
  return name;
}

function makeRecords(): { readonly once: string; readonly all: string } {
  const random = new Random(11);
  const levels = ['debug', 'info', 'info', 'info', 'warn', 'error'];
  const text = Array.from({ length: DISTINCT }, (_, n) => {
    const record = {
      n,
      level: random.pick(levels),
      host: `web-${random.below(40)}`,
      duration: random.below(9999) / 10,
    };
    const start = `${JSON.stringify(record).slice(0, -1)},"message":"`;
    return `${start}${'x'.repeat(RECORD_BYTES - start.length - 2)}"}\n`;
  }).join('');
  const paths = { once: join(folder, 'once.ndjson'), all: join(folder, 'all.ndjson') };
  writeFileSync(paths.once, text);
  writeFileSync(paths.all, text.repeat(COPIES));
  return paths;
}

/** @param source the source's options, and what stands behind it */
function pipeline(name: string, source: string, rest: string): Argv {
  const path = join(folder, `${name}.yaml`);
  const state = join(folder, `state-${randomUUID()}`);
  writeFileSync(path, `name: ${name}\nsources:\n  in: ${source}\n${rest}\nruntime: { state: "${state}" }\n`);
  return ['node', join(process.cwd(), 'dist/bin/millrace.js'), 'run', path];
}

const kafkaSource = (topic: string, format: string): string =>
  `{ type: kafka, brokers: ["${BROKER}"], topics: [${topic}], group: ${randomUUID()}, follow: false, format: ${format} }`;

const toTopic = (topic: string, format: string): string =>
  `sinks: { out: { type: kafka, inputs: [in], brokers: ["${BROKER}"], topic: ${topic}, format: ${format} } }`;

/** @param options further ones of the filter */
const errorsToFile = (options = ''): string =>
  `transforms: { errors: { type: filter, inputs: [in], where: level == "error"${options} } }
sinks: { out: { type: file, inputs: [errors], path: "${join(folder, `${randomUUID()}.ndjson`)}", format: json } }`;

const records = makeRecords();
const filled = makeTopic();
const produce = (topic: string): Argv =>
  java(
    'org.apache.kafka.tools.ProducerPerformance',
    ...[
      '--topic',
      topic,
      '--num-records',
      String(RECORDS),
      '--payload-file',
      records.once,
      '--throughput',
      '-1',
    ],
    ...['--producer-props', `bootstrap.servers=${BROKER}`, 'acks=all', 'enable.idempotence=true'],
  );
await measure({ argv: produce(filled) }, folder);

const jobs: Readonly<Record<string, () => Argv>> = {
  'read: kafka-consumer-perf-test': () =>
    java(
      'org.apache.kafka.tools.ConsumerPerformance',
      ...[
        '--bootstrap-server',
        BROKER,
        '--topic',
        filled,
        '--messages',
        String(RECORDS),
        '--timeout',
        '30000',
      ],
    ),
  'read: Millrace, lines to nowhere': () =>
    pipeline('read', kafkaSource(filled, 'lines'), 'sinks: { out: { type: blackhole, inputs: [in] } }'),
  'filter: the obvious loop': () => {
    const loop = join(process.cwd(), 'bench/peers/kafka-loop.mjs');
    return ['node', loop, BROKER, filled, String(RECORDS), join(folder, 'loop.ndjson')];
  },
  'filter: Millrace, JSON': () => pipeline('filter', kafkaSource(filled, 'json'), errorsToFile()),
  'edge: a message for each record': () => {
    const topic = makeTopic();
    const put = pipeline(
      'put',
      `{ type: file, paths: ["${records.all}"], format: json }`,
      toTopic(topic, 'json'),
    );
    const take = pipeline('take', kafkaSource(topic, 'json'), errorsToFile());
    return ['sh', '-c', [put, take].map((argv) => argv.join(' ')).join(' && ')];
  },
  'edge: a queue': () =>
    pipeline(
      'edge',
      `{ type: file, paths: ["${records.all}"], format: json }`,
      errorsToFile(`, queue: { type: kafka, brokers: ["${BROKER}"], topic: ${makeTopic()} }`),
    ),
  'write: kafka-producer-perf-test': () => produce(makeTopic()),
  'write: Millrace, lines of a file': () =>
    pipeline('write', `{ type: file, paths: ["${records.all}"] }`, toTopic(makeTopic(), 'lines')),
};

const asked = process.argv.slice(2);
const names = Object.keys(jobs).filter((name) => asked.length === 0 || asked.includes(name.split(':')[0]!));
const seconds = new Map<string, number[]>(names.map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const name of names) {
    const { wallS } = await measure({ argv: jobs[name]!() }, folder);
    seconds.get(name)!.push(wallS);
  }
}
for (const [i, name] of names.entries()) {
  const rate = RECORDS / median(seconds.get(name)!);
  const beside = names[i % 2 === 0 ? i + 1 : i - 1]!;
  const ratio = median(seconds.get(name)!.map((one, round) => seconds.get(beside)![round]! / one));
  process.stdout.write(
    `${name.padEnd(36)} ${Math.round(rate).toLocaleString('en-US').padStart(9)} records/s  ${ratio.toFixed(2)} x\n`,
  );
}
rmSync(folder, { recursive: true });
