import { connect } from 'node:net';
import { describe } from 'vitest';

/** A broker that tests talk to. Without one they are skipped, but in CI, where they fail. */
export interface TestBroker {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

const PROBE_MS = 2000;

/** The RabbitMQ that `.ci/brokers start rabbitmq` starts, or the one that MILLRACE_TEST_AMQP_URL names. */
export const AMQP_URL = process.env.MILLRACE_TEST_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672';

const { hostname, port } = new URL(AMQP_URL);
export const RABBITMQ: TestBroker = { name: 'RabbitMQ', host: hostname, port: Number(port || 5672) };

/** The Kafka that `.ci/brokers start kafka` starts, or the one that MILLRACE_TEST_KAFKA names as host:port. */
export const KAFKA_BROKER = process.env.MILLRACE_TEST_KAFKA ?? '127.0.0.1:9092';

const kafka = new URL(`kafka://${KAFKA_BROKER}`);
export const KAFKA: TestBroker = { name: 'Kafka', host: kafka.hostname, port: Number(kafka.port) };

/** `describe` where the broker answers; otherwise its tests count as skipped. */
export async function describeWith(broker: TestBroker): Promise<typeof describe> {
  if (process.env.CI === 'true' || (await answers(broker))) return describe;
  process.stderr.write(`no ${broker.name} at ${broker.host}:${broker.port}: its tests are skipped\n`);
  return describe.skip as typeof describe;
}

function answers({ host, port }: TestBroker): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_MS });
    const settle = (isThere: boolean) => (): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', settle(true)).once('error', settle(false)).once('timeout', settle(false));
  });
}
