import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

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

/** Passes connections on to a port, until it is told otherwise. */
export class Network {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What of an answer is passed on before its connection is cut; it holds for one cut. */
  cutAfterBytes = Number.POSITIVE_INFINITY;
  /** Only connections over which something of this length has gone are cut. */
  cutsOver = 0;
  cuts = 0;
  /** Nothing is passed on, and nothing is said. */
  isSilent = false;

  private constructor(port: number) {
    this.#server = createServer((client) => this.#pass(client, connect(port, '127.0.0.1')));
  }

  static async open(port: number): Promise<Network> {
    const network = new Network(port);
    await new Promise<void>((resolve) => network.#server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(client: Socket, target: Socket): void {
    let sent = 0;
    for (const socket of [client, target]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (data) => {
      sent += data.length;
      if (!this.isSilent) target.write(data);
    });
    target.on('data', (data) => {
      if (this.isSilent) return;
      const isCut = sent > this.cutsOver && data.length > this.cutAfterBytes;
      client.write(isCut ? data.subarray(0, this.cutAfterBytes) : data);
      if (!isCut) return;
      this.cutAfterBytes = Number.POSITIVE_INFINITY;
      this.cuts++;
      client.end(() => client.resetAndDestroy());
    });
  }
}
