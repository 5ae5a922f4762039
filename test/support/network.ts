import { connect, createServer, type Server, type Socket } from 'node:net';

/** Where a connection is cut: after so many bytes of one side, counted from the data in which the client first sends `from`. */
export interface Cut {
  readonly from: Buffer;
  readonly of: 'client' | 'server';
  readonly afterBytes: number;
  readonly by: 'reset' | 'end';
}

/** The bytes of the side that is cut, since the exchange began. */
interface Exchange {
  isOpen: boolean;
  bytes: number;
}

/** Passes connections on to a port, until it is told otherwise. */
export class Network {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What of an answer is passed on before its connection is cut; it holds for one cut. */
  cutAfterBytes = Number.POSITIVE_INFINITY;
  /** Only connections over which something of this length has gone are cut. */
  cutsOver = 0;
  /** Cuts one connection in the midst of an exchange. */
  cut: Cut | undefined;
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
    const exchange: Exchange = { isOpen: false, bytes: 0 };
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
      if (this.isSilent) return;
      exchange.isOpen ||= this.cut !== undefined && data.includes(this.cut.from);
      this.#forward('client', data, target, exchange, client);
    });
    target.on('data', (data) => {
      if (this.isSilent) return;
      const isCut = sent > this.cutsOver && data.length > this.cutAfterBytes;
      if (!isCut) return this.#forward('server', data, client, exchange, client);
      client.write(data.subarray(0, this.cutAfterBytes));
      this.cutAfterBytes = Number.POSITIVE_INFINITY;
      this.cuts++;
      client.end(() => client.resetAndDestroy());
    });
  }

  /** Passes data on, or what of it comes before the cut of its exchange. */
  #forward(side: Cut['of'], data: Buffer, to: Socket, exchange: Exchange, client: Socket): void {
    if (!this.cut || !exchange.isOpen || side !== this.cut.of) return void to.write(data);
    const { afterBytes, by } = this.cut;
    const left = afterBytes - exchange.bytes;
    exchange.bytes += data.length;
    if (data.length < left) return void to.write(data);
    this.cut = undefined;
    this.cuts++;
    to.write(data.subarray(0, left), () => {
      if (by === 'end') client.end();
      else client.resetAndDestroy();
    });
  }
}
