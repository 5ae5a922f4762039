import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { describeWith, KAFKA, KAFKA_BROKER } from '../../support/brokers.js';
import {
  blockOf,
  kcatWrite,
  makeTopic,
  openSink,
  readAll,
  source,
  unique,
  valuesOf,
} from './kafka-support.js';

const run = promisify(execFile);
const describeKafka = await describeWith(KAFKA);

/** One of Kafka's own programs, to its end. */
async function tool(main: string, ...args: readonly string[]): Promise<string> {
  const { stdout: classpath } = await run('.ci/kafka/broker', ['classpath']);
  const { stdout } = await run('java', ['-Xmx128m', '-cp', classpath.trim(), main, ...args], {
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

const toBroker = ['--bootstrap-server', KAFKA_BROKER];

describeKafka('kafka: programs that nobody here wrote', () => {
  it('reads what kafka-verifiable-producer writes', async () => {
    const topic = await makeTopic(3);
    const args = ['--topic', topic, '--max-messages', '500', '--throughput', '-1'];
    const said = await tool('org.apache.kafka.tools.VerifiableProducer', ...toBroker, ...args);
    expect(said).toContain('"acked":500');
    const { seen } = await readAll(source({ topics: [topic] }));
    expect(
      valuesOf(seen)
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 500 }, (_, n) => n));
  });

  it('is read by kafka-console-consumer, keys, headers and all', async () => {
    const topic = await makeTopic();
    const sink = await openSink({ topic });
    const values = ['a', '', 'é漢'].map((value) => Buffer.from(value));
    expect(await sink.write(blockOf(topic, values), new AbortController().signal)).toEqual([]);
    await sink.close();
    const said = await tool(
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      ...toBroker,
      ...['--topic', topic, '--from-beginning', '--max-messages', '3'],
      ...['--property', 'print.offset=true', '--property', 'print.key=true'],
    );
    expect(said.trimEnd().split('\n')).toEqual([
      'Offset:0\tnull\ta',
      'Offset:1\tnull\t',
      'Offset:2\tnull\té漢',
    ]);
  });

  it('has offsets that kafka-consumer-groups shows, and obeys when that sets them back', async () => {
    const [topic, group] = [await makeTopic(), unique('group')];
    await kcatWrite(topic, ['0', '1', '2', '3']);
    const first = await readAll(source({ topics: [topic], group }), { commits: true });
    const groups = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
    const said = await tool(groups, ...toBroker, '--describe', '--group', group);
    expect(said).toMatch(new RegExp(`${group}\\s+${topic}\\s+0\\s+4\\s+4\\s+0`));
    const reset = ['--reset-offsets', '--to-offset', '1', '--execute', '--topic', topic];
    await tool(groups, ...toBroker, '--group', group, ...reset);
    const { seen } = await readAll(source({ topics: [topic], group }), { from: first.positions });
    expect(valuesOf(seen)).toEqual(['1', '2', '3']);
  });

  it('shares a group with members of other programs', async () => {
    const [topic, group] = [await makeTopic(4), unique('group')];
    const { stdout: classpath } = await run('.ci/kafka/broker', ['classpath']);
    const other = execFile('java', [
      ...['-Xmx128m', '-cp', classpath.trim(), 'org.apache.kafka.tools.consumer.ConsoleConsumer'],
      ...[...toBroker, '--topic', topic, '--group', group],
    ]);
    onTestFinished(() => void other.kill('SIGKILL'));
    let said = '';
    other.stdout!.on('data', (text: string) => {
      said += text;
    });
    while (said === '') {
      await kcatWrite(topic, ['are you there?']);
      await sleep(100);
    }
    const controller = new AbortController();
    const partitions = new Promise<readonly string[]>((resolve) => {
      const log = {
        info: (fields: object) => 'partitions' in fields && resolve(fields.partitions as readonly string[]),
        warn: () => {},
      };
      const one = source({ topics: [topic], group, follow: true }, { log });
      void readAll(one, { signal: controller.signal });
    });
    expect(await partitions).toHaveLength(2);
    controller.abort();
  });
});
