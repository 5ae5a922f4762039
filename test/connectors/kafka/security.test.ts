import { expect, it } from 'vitest';
import { describeWith, KAFKA } from '../../support/brokers.js';
import { makeTopic, readAll, send, source, unique, valuesOf } from './kafka-support.js';

const describeKafka = await describeWith(KAFKA);

/** The broker of `.ci/brokers` listens at the ports behind its plain one, too. */
const [TLS, SASL, SASL_TLS] = [1, 2, 3].map((more) => `${KAFKA.host}:${KAFKA.port + more}`);
const FOLDER = `${process.env.MILLRACE_BROKERS_FOLDER ?? '/tmp/millrace-brokers'}/kafka-${KAFKA.port}`;
const tls = { ca: `${FOLDER}/ca.pem` };
const alice = (mechanism: string, password = 'alice-secret') => ({
  mechanism,
  username: 'alice',
  password: { reveal: () => password },
});

describeKafka('kafka: security', () => {
  it.each([
    ['TLS', { brokers: [TLS], tls }],
    ['PLAIN', { brokers: [SASL], sasl: alice('PLAIN') }],
    ['SCRAM-SHA-256', { brokers: [SASL], sasl: alice('SCRAM-SHA-256') }],
    ['SCRAM-SHA-512 over TLS', { brokers: [SASL_TLS], tls, sasl: alice('SCRAM-SHA-512') }],
  ])('reads with %s', async (_, options) => {
    const topic = await makeTopic(2);
    await send(topic, [{ value: 'secret' }]);
    const { seen } = await readAll(source({ topics: [topic], group: unique('group'), ...options }));
    expect(valuesOf(seen)).toEqual(['secret']);
  });

  it.each(['PLAIN', 'SCRAM-SHA-256'])(
    'ends with a clear error when the password of %s is wrong',
    async (mechanism) => {
      const one = source({ topics: ['any'], brokers: [SASL], sasl: alice(mechanism, 'wrong') });
      await expect(readAll(one)).rejects.toMatchObject({
        code: 'kafka_refused',
        message: expect.stringMatching(/user or password are wrong/),
      });
      await one.close();
    },
  );

  it('goes on trying where the certificate is not trusted, and says why', async () => {
    const warnings: string[] = [];
    const controller = new AbortController();
    const log = {
      info: () => {},
      warn: (_: object, message: string) => {
        warnings.push(message);
        controller.abort();
      },
    };
    const one = source({ topics: ['any'], brokers: [TLS], tls: {} }, { log });
    await readAll(one, { signal: controller.signal });
    expect(warnings[0]).toMatch(/certificate/);
  });
});
