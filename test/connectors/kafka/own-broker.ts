import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Network } from '../../support/network.js';

const run = promisify(execFile);

/** A Kafka of a test's own, which may be killed, behind a network that may fail. */
export class OwnBroker {
  readonly network: Network;
  readonly #env: NodeJS.ProcessEnv;
  readonly #properties: string;

  private constructor(port: number, network: Network) {
    this.network = network;
    const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-broker-'));
    this.#env = { ...process.env, MILLRACE_KAFKA_PORT: String(port), MILLRACE_BROKERS_FOLDER: folder };
    this.#properties = `advertised.listeners=PLAIN://127.0.0.1:${network.port}`;
  }

  static async start(port: number): Promise<OwnBroker> {
    const broker = new OwnBroker(port, await Network.open(port));
    await broker.start();
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${this.network.port}`;
  }

  async start(): Promise<void> {
    await this.#do('start', this.#properties);
  }

  /** As a crash ends it. */
  async kill(): Promise<void> {
    await this.#do('kill');
  }

  async close(): Promise<void> {
    await this.#do('kill');
    await this.network.close();
  }

  async #do(...args: readonly string[]): Promise<void> {
    await run('.ci/kafka/broker', args, { env: this.#env });
  }
}
